#include "bus/envelope.h"

#include "base/json.h"

#include <kiri/wire.h>

void envelope_write(struct buf *out, const char *topic, const struct envelope *e,
                    const char *members)
{
    struct jsonw j;

    buf_puts(out, topic);
    buf_puts(out, " ");
    j = jsonw_into(out);
    jsonw_object(&j);
    jsonw_kint(&j, "v", KIRI_WIRE_VERSION);
    jsonw_kstr(&j, "host", e->host);
    jsonw_kstr(&j, "boot", e->boot);
    jsonw_kint(&j, "ts", e->ts);
    jsonw_kint(&j, "seq", (int64_t)e->seq);
    jsonw_kint(&j, "n", (int64_t)e->n);
    if (*members) {
        buf_puts(out, ",");
        buf_puts(out, members);
    }
    jsonw_end(&j);
}
