/*
 * eval/report.h - all of it as one page of HTML that needs nothing else: figures, a table
 * of the streams, a plot of each. Pure: the same evaluation gives the same bytes.
 *
 * The page is report/report.html with report.css, report.js and the data put in. Text
 * from files comes in as JSON without any '<', and the script shows it as text, never as
 * HTML; the page's own policy lets it load nothing from anywhere.
 */
#ifndef KIRI_EVAL_REPORT_H
#define KIRI_EVAL_REPORT_H

#include "base/buf.h"
#include "eval/eval.h"

#define REPORT_BYTES                                                                     \
    (8u << 20) /* about, of what is plotted; longer streams are thinned */

void report_write(const struct eval *e, const struct eval_options *o, const char *version,
                  size_t most /* REPORT_BYTES */, struct buf *out);

#endif
