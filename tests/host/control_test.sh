#!/bin/bash
# control_test.sh KIRI BUILD - C5: what is no request gets a sentence and changes nothing;
# a command that is asked again runs once; pages of the journal and of what stands.
KIRI=$1 BUILD=$2
here=$(dirname "$(realpath "$0")")
. "$here/lib.sh"
ask() { python3 "$here/ask.py" "$@"; }
at=state/host.json

molecule control 60 20ms >m.yaml
start_host m.yaml
until_true 30 'a["gen"] >= 1 and a["rows"] > 160' || exit 1

# ---- C5: malformed requests -------------------------------------------------------------------
requests=()
while IFS= read -r request; do requests+=("raw:$request"); done <<'END'

{
}
[]
null
"status"
7
{"cmd":"status"
{"cmd":"status"}
{"id":"","cmd":"status"}
{"id":7,"cmd":"status"}
{"id":"x"}
{"id":"x","cmd":null}
{"id":"x","cmd":["status"]}
{"id":"x","cmd":""}
{"id":"x","cmd":"statu"}
{"id":"x","cmd":"status","cmd":"stop"}
{"id":"x","cmd":"stop"} {"id":"y","cmd":"stop"}
{"id":"0123456789012345678901234567890123456789012345678901234567890123456789","cmd":"stop"}
{"id":"x","cmd":"since"}
{"id":"x","cmd":"since","boot":7,"seq":1}
{"id":"x","cmd":"since","boot":"","seq":-1}
{"id":"x","cmd":"since","boot":"","seq":"1"}
{"id":"x","cmd":"since","boot":"","seq":1e99}
{"id":"x","cmd":"since","boot":"","seq":99999999999999999999999999}
{"id":"x","cmd":"since","boot":"0123456789012345678901234567890123456789012345678901234567890123456789","seq":1}
{"id":"x","cmd":"since","boot":"nobody","seq":1}
{"id":"x","cmd":"since","boot":"","seq":0,"topics":"score/"}
{"id":"x","cmd":"since","boot":"","seq":0,"topics":[7]}
{"id":"x","cmd":"since","boot":"","seq":0,"topics":{"a":"b"}}
{"id":"x","cmd":"snapshot","topics":["score/",null]}
{"id":"x","cmd":"snapshot","after":7}
END
ask $at "${requests[@]}" >answers || wrong "it does not answer each"
i=0
while IFS= read -r answer; do
    case $answer in
    '{"id":"'*'","ok":false,"code":'*'"error":"'?*) ;;
    *) wrong "no sentence for ${requests[$i]}: $answer" ;;
    esac
    i=$((i + 1))
done <answers
[ $i -ge 30 ] && [ $i -eq ${#requests[@]} ] || wrong "$i answers to ${#requests[@]} requests"
[ "$(status 'a["state"] in ("normal", "alarm")')" = True ] || wrong "it is not as it was"

# ---- a command that comes again runs once -----------------------------------------------------
refused=$(status 's["config_refused"]')
echo 'atoms: {' >>m.yaml # so that each reload that runs is counted
ask --id again --repeat 20 $at '{"cmd":"reload"}' >answers
[ "$(sort -u answers | wc -l)" -eq 1 ] || { wrong "not the same answer:"; cat answers; }
ask --id again $at '{"cmd":"reload"}' >>answers
[ "$(sort -u answers | wc -l)" -eq 1 ] || wrong "not the same answer later"
[ "$(status 's["config_refused"]')" = $((refused + 1)) ] ||
    wrong "it ran $(status "s['config_refused'] - $refused") times"
ask --id again $at '{"cmd":"save"}' | grep -q 'used for another request' ||
    wrong "an id is taken for two requests"

# ---- save, flush, since, snapshot -------------------------------------------------------------
ask $at '{"cmd":"save"}' '{"cmd":"flush"}' >answers
python3 - "$here/ask.py" $at <<'END' || failed=1
import json, subprocess, sys

def ask(**request):
    out = subprocess.run([sys.argv[1], sys.argv[2], json.dumps(request)], capture_output=True,
                         text=True, check=True).stdout
    assert len(out) <= 49 * 1024 + 300, f"a page of {len(out)} bytes"
    return json.loads(out)

lines = open("answers").read().splitlines()
atom = json.loads(lines[0])["atoms"][0]
assert atom["name"] == "pulse" and atom["gen"] >= 1 and atom["last_id"] > 0, atom
assert json.loads(lines[1])["ok"], lines[1]

# every journalled message once and in order, page by page
place, seqs, pages = {"boot": "", "seq": 0}, [], 0
while True:
    page = ask(cmd="since", **place)
    seqs += [json.loads(m.split(" ", 1)[1])["seq"] for m in page["messages"]]
    place = {"boot": page["boot"], "seq": page["seq"]}
    pages += 1
    if not page["more"]:
        break
assert pages > 1 and len(seqs) > 200, (pages, len(seqs))
assert seqs == sorted(set(seqs)), "twice or out of order"
assert place["seq"] >= seqs[-1]

# a filter counts in bytes, the cursor goes past what it leaves out
only = ask(cmd="since", boot="", seq=0, topics=["model/pulse "])
assert only["messages"] and all(m.startswith("model/pulse {") for m in only["messages"])
gone = ask(cmd="since", boot="nobody", seq=5)
assert gone["gone"] and gone["oldest"]["boot"] == place["boot"], gone

# C6: what stands, for who comes late
stands = ask(cmd="snapshot")
assert [m.split(" ")[0] for m in stands["messages"]] == \
    ["atom/pulse", "model/pulse", "obs/pulse", "score/pulse"], stands
assert ask(cmd="snapshot", after="model/pulse", topics=["score/", "atom/"])["messages"][0] \
    .startswith("score/pulse ")
END

stop_host -TERM || wrong "SIGTERM exits $?"
exit $failed
