/* today_layout.c - B11: layout.h is true of today's header, whose structs may be longer.
 */
#define SIZE(type, bytes)                                                                \
    _Static_assert(sizeof(type) >= (bytes), #type " has become shorter")
#include "layout.h"
