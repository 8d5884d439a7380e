/*
 * layout.h - where each member of ABI 1 lies on a 64-bit machine, and what each name is.
 * B11. The including file says what SIZE() asks for.
 */
#include <kiri/atom.h>

#define AT(type, member, bytes)                                                          \
    _Static_assert(offsetof(struct type, member) == (bytes),                             \
                   #type "." #member " lies elsewhere")
#define IS(name, value) _Static_assert((name) == (value), #name " is another number")

SIZE(struct kiri_field, 80);
AT(kiri_field, name, 0);
AT(kiri_field, symbol, 8);
AT(kiri_field, unit, 16);
AT(kiri_field, help, 24);
AT(kiri_field, kind, 32);
AT(kiri_field, flags, 36);
AT(kiri_field, scale, 40);
AT(kiri_field, buckets, 44);
AT(kiri_field, lo, 48);
AT(kiri_field, hi, 56);
AT(kiri_field, max_len, 64);
AT(kiri_field, choices, 72);

SIZE(struct kiri_schema, 32);
AT(kiri_schema, size, 0);
AT(kiri_schema, n_fields, 4);
AT(kiri_schema, fields, 8);
AT(kiri_schema, period_ms, 16);
AT(kiri_schema, context, 20);
AT(kiri_schema, aggregate, 24);

SIZE(struct kiri_obs, 40);
AT(kiri_obs, size, 0);
AT(kiri_obs, n, 4);
AT(kiri_obs, time_ms, 8);
AT(kiri_obs, label, 16);
AT(kiri_obs, v, 24);
AT(kiri_obs, cause, 32);
AT(kiri_obs, reserved, 36);

SIZE(struct kiri_token, 4);
AT(kiri_token, id, 0);
AT(kiri_token, field, 2);

SIZE(struct kiri_host, 80);
AT(kiri_host, abi, 0);
AT(kiri_host, size, 4);
AT(kiri_host, ctx, 8);
AT(kiri_host, log, 16);
AT(kiri_host, now_ms, 24);
AT(kiri_host, mono_ms, 32);
AT(kiri_host, option, 40);
AT(kiri_host, kv_get, 48);
AT(kiri_host, kv_put, 56);
AT(kiri_host, publish, 64);
AT(kiri_host, peer, 72);

SIZE(struct kiri_event, 96);
AT(kiri_event, size, 0);
AT(kiri_event, kind, 4);
AT(kiri_event, from, 8);
AT(kiri_event, id, 16);
AT(kiri_event, time_ms, 24);
AT(kiri_event, surprise, 32);
AT(kiri_event, score, 40);
AT(kiri_event, tail, 48);
AT(kiri_event, alarm, 56);
AT(kiri_event, verdict, 64);
AT(kiri_event, blame, 72);
AT(kiri_event, action, 80);
AT(kiri_event, result, 88);

SIZE(struct kiri_choice, 40);
AT(kiri_choice, field, 0);
AT(kiri_choice, word, 8);
AT(kiri_choice, p, 16);
AT(kiri_choice, dist, 24);
AT(kiri_choice, n, 32);

SIZE(struct kiri_action, 32);
AT(kiri_action, size, 0);
AT(kiri_action, verb, 4);
AT(kiri_action, target, 8);
AT(kiri_action, window, 16);
AT(kiri_action, reason, 24);

SIZE(struct kiri_lesson, 24);
AT(kiri_lesson, size, 0);
AT(kiri_lesson, n, 4);
AT(kiri_lesson, weight, 8);
AT(kiri_lesson, v, 16);

SIZE(struct kiri_option, 40);
AT(kiri_option, name, 0);
AT(kiri_option, type, 8);
AT(kiri_option, fallback, 16);
AT(kiri_option, range, 24);
AT(kiri_option, help, 32);

SIZE(struct kiri_atom, 152);
AT(kiri_atom, abi, 0);
AT(kiri_atom, size, 4);
AT(kiri_atom, field_size, 8);
AT(kiri_atom, option_size, 12);
AT(kiri_atom, obs_size, 16);
AT(kiri_atom, action_size, 20);
AT(kiri_atom, event_size, 24);
AT(kiri_atom, choice_size, 28);
AT(kiri_atom, lesson_size, 32);
AT(kiri_atom, reserved, 36);
AT(kiri_atom, name, 40);
AT(kiri_atom, version, 48);
AT(kiri_atom, help, 56);
AT(kiri_atom, options, 64);
AT(kiri_atom, open, 72);
AT(kiri_atom, close, 80);
AT(kiri_atom, schema, 88);
AT(kiri_atom, collect, 96);
AT(kiri_atom, tokenize, 104);
AT(kiri_atom, vocab, 112);
AT(kiri_atom, fd, 120);
AT(kiri_atom, hear, 128);
AT(kiri_atom, decide, 136);
AT(kiri_atom, lessons, 144);

SIZE(union kiri_value, 16);

IS(KIRI_OK, 0);
IS(KIRI_MORE, 1);
IS(KIRI_NONE, 2);
IS(KIRI_EIO, -1);
IS(KIRI_ECONFIG, -2);
IS(KIRI_ENOMEM, -3);
IS(KIRI_EBUG, -4);
IS(KIRI_NUMBER, 0);
IS(KIRI_CHOICE, 1);
IS(KIRI_TEXT, 2);
IS(KIRI_WORDS, 3);
IS(KIRI_HOUR, 4);
IS(KIRI_WEEKDAY, 5);
IS(KIRI_LINEAR, 0);
IS(KIRI_LOG, 1);
IS(KIRI_LEARNED, 2);
IS(KIRI_BY_SCHEMA, 0);
IS(KIRI_EXCESS, 1);
IS(KIRI_ROW, 2);
IS(KIRI_WORST, 3);
IS(KIRI_SUM, 4);
IS(KIRI_PERIOD, 0);
IS(KIRI_READABLE, 1);
IS(KIRI_ERROR, 0);
IS(KIRI_WARN, 1);
IS(KIRI_INFO, 2);
IS(KIRI_DEBUG, 3);
IS(KIRI_SCORED, 1);
IS(KIRI_ACTED, 2);
IS(KIRI_FEEDBACK, 3);
IS(KIRI_RETRAINED, 4);
IS(KIRI_OKAY, 0);
IS(KIRI_ALERT, 1);
IS(KIRI_SUPPRESS, 2);
IS(KIRI_RETRAIN, 3);
IS(KIRI_SPAWN, 4);
IS(KIRI_DO, 5);
IS(KIRI_OPT_TEXT, 0);
IS(KIRI_OPT_NUMBER, 1);
IS(KIRI_OPT_INTEGER, 2);
IS(KIRI_OPT_BOOL, 3);
IS(KIRI_OPT_CHOICE, 4);
IS(KIRI_OPT_DURATION, 5);
IS(KIRI_OPT_PATH, 6);
IS(KIRI_OPT_URL, 7);
IS(KIRI_OPT_BUS, 8);
IS(KIRI_OPT_PATHS, 9);
IS(KIRI_CONTEXT, 1);
IS(KIRI_DECIDED, 2);
IS(KIRI_ALWAYS, 4);
IS(KIRI_SPOKEN, 8);
IS(KIRI_ABI, 1);
