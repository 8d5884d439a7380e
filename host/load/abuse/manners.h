/*
 * load/abuse/manners.h - what belongs to the whole process and is no atom's to change:
 * working directory, umask, locale, signals, environment, rounding, its standard files.
 */
#ifndef KIRI_LOAD_ABUSE_MANNERS_H
#define KIRI_LOAD_ABUSE_MANNERS_H

struct trial;
struct manners;

/* As it is now; NULL when memory is short. */
struct manners *manners_new(void);
void manners_free(struct manners *m);

/* What is different after this callback is found, once; then it is as it was again. */
void manners_hold(struct trial *t, struct manners *m, const char *callback);

#endif
