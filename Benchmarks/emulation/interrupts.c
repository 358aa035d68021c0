/* What a compiler makes of -muintr. */
#include <x86gprintrin.h>

#include "bench.h"

_Thread_local struct side *interrupted __attribute__((tls_model("initial-exec")));

static void __attribute__((interrupt)) handler(struct __uintr_frame *frame, unsigned long long vector)
{
	(void)frame, (void)vector;
	interrupted->seen++;
}

void *interrupt_handler(void) { return (void *)handler; }
void send_interrupt(uint64_t index) { _senduipi(index); }
void set_uif(void) { _stui(); }
void clear_uif(void) { _clui(); }

void flag_pairs(uint64_t pairs)
{
	for (uint64_t i = 0; i < pairs; i++) {
		_clui();
		_stui();
	}
}
