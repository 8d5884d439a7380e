/* probe_helper.c - `probe-helper probe FILE`: the child that the tests give to
 * plugin_probe. */
#include "load/plugin.h"

#include <unistd.h>

int main(int argc, char **argv)
{
    return argc == 3 ? plugin_probe_child(argv[2], STDOUT_FILENO) : KIRI_USAGE;
}
