#include "calendar.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* Days since 1970-01-01 of a date of the Gregorian calendar, years counted from March:
 * Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
static int64_t days_of(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* The date of a day as mktime() takes it, at its hour 0. */
static struct tm date_of(int64_t day)
{
    time_t at = (time_t)(day * 86400);
    struct tm utc = { 0 };

    gmtime_r(&at, &utc);
    return (struct tm){ .tm_year = utc.tm_year,
                        .tm_mon = utc.tm_mon,
                        .tm_mday = utc.tm_mday,
                        .tm_isdst = -1 };
}

int64_t calendar_slot(enum calendar_step step, int64_t at)
{
    time_t t = (time_t)at;
    struct tm local = { 0 };

    localtime_r(&t, &local);
    int64_t day = days_of(local.tm_year + 1900, local.tm_mon + 1, local.tm_mday);
    return step == CALENDAR_DAY ? day : day * 24 + local.tm_hour;
}

int64_t calendar_end(enum calendar_step step, int64_t slot)
{
    struct tm tm = date_of(step == CALENDAR_DAY ? slot + 1 : slot / 24);

    if (step == CALENDAR_HOUR)
        tm.tm_hour = (int)(slot % 24) + 1;
    return mktime(&tm);
}

int64_t calendar_day_begin(enum calendar_step step, int64_t slot)
{
    return calendar_end(CALENDAR_DAY, (step == CALENDAR_DAY ? slot : slot / 24) - 1);
}

/* n digits at *s, which moves behind them; -1 when there are others. */
static int take(const char **s, const char *end, int n)
{
    int x = 0;

    for (; n > 0; n--, ++*s) {
        if (*s == end || **s < '0' || **s > '9')
            return -1;
        x = x * 10 + (**s - '0');
    }
    return x;
}

static int take_mark(const char **s, const char *end, char mark)
{
    if (*s == end || **s != mark)
        return -1;
    ++*s;
    return 0;
}

/* A date that exists, from 1970 on. */
static int64_t day_checked(int year, int month, int day)
{
    static const int most[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > most[month - 1])
        return -1;
    if (month == 2 && day == 29 &&
        days_of(year, 3, 1) - days_of(year, 2, 28) == 1) /* no leap year */
        return -1;
    return days_of(year, month, day);
}

static int64_t take_date(const char **s, const char *end, int marks)
{
    int year = take(s, end, 4);
    if (marks && take_mark(s, end, '-'))
        return -1;
    int month = take(s, end, 2);
    if (marks && take_mark(s, end, '-'))
        return -1;
    return day_checked(year, month, take(s, end, 2));
}

int64_t calendar_date(const char *s, size_t n)
{
    return take_date(&s, s + n, 1);
}

int64_t calendar_stamp(const char *s, size_t n)
{
    const char *end = s + n;
    int marks = n > 4 && s[4] == '-';
    int64_t day = take_date(&s, end, marks);

    if (day < 0 || take_mark(&s, end, 'T'))
        return -1;
    int hour = take(&s, end, 2);
    if (marks && take_mark(&s, end, ':'))
        return -1;
    int minute = take(&s, end, 2);
    if (marks && take_mark(&s, end, ':'))
        return -1;
    int second = take(&s, end, 2);
    if (take_mark(&s, end, 'Z') || s != end)
        return -1;
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
        return -1;
    return day * 86400 + hour * 3600 + minute * 60 + second;
}

void calendar_print(int64_t day, char *out, size_t cap)
{
    struct tm tm = date_of(day);

    snprintf(out, cap, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}
