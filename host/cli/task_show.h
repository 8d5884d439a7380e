/*
 * cli/task_show.h - tasks as people and scripts read them.
 */
#ifndef KIRI_CLI_TASK_SHOW_H
#define KIRI_CLI_TASK_SHOW_H

#include "base/buf.h"
#include "cli/task_log.h"

/* One line: mark, id, text; control characters and bytes that are no text as \xNN. */
void task_show_line(const struct task_log *log, const struct task *t, struct buf *out);
/* {"id":1,"text":...,"added":ms,"done":ms or null,"current":false} */
void task_show_json(const struct task_log *log, const struct task *t, struct buf *out);

/* What is open, with `all` what is done too, and the day in a sentence. */
void task_show_list(const struct task_log *log, int all, struct buf *out);
void task_show_list_json(const struct task_log *log, int all, struct buf *out);

#endif
