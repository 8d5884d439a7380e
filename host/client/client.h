/* client/client.h - the public header, for this tree. */
#ifndef KIRI_CLIENT_CLIENT_H
#define KIRI_CLIENT_CLIENT_H

#include <kiri/client.h>

#endif
