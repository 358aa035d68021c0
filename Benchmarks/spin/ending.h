/* Prints a state without steps as a line `ending HEX`: the globals of wait.pml from the low bits up, in the order and widths of
 * WaitModel.ending. pan compiles it; `now` is its state. */
#include <stdio.h>

static unsigned long long packed_fields, packed_width;

static void field(unsigned value, unsigned width)
{
    packed_fields |= (unsigned long long)value << packed_width;
    packed_width += width;
}

#define PRINT_ENDING do { \
    packed_fields = packed_width = 0; \
    field(now.on, 1); field(now.sn, 1); field(now.pir, 1); field(now.armed, 1); field(now.ndst, 2); \
    field(now.interruptible, 1); field(now.on_rq, 1); field(now.on_cpu, 1); field(now.cpu, 2); field(now.tif, 1); \
    field(now.uirr, 1); field(now.user, 1); field(now.flag, 1); field(now.preemptions, 2); field(now.pi_lock, 1); \
    field(now.uinv, 3); field(now.irr, 3); field(now.kick, 3); field(now.irqs_off, 3); field(now.rq_lock, 3); \
    field(now.in_flight, 6); field(now.identified, 1); \
    printf("ending %llx\n", packed_fields); \
} while (0)
