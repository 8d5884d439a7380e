/* v1_layout.c - layout.h is true of the header as it was released. */
#define SIZE(type, bytes)                                                                \
    _Static_assert(sizeof(type) == (bytes), #type " has another size")
#include "layout.h"
