/* Each of the five instructions, once, under a guard: the emulation lives on their #UD. */
#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>
#include <ucontext.h>

#include "internal.h"

static volatile int got;

/* All five have four bytes here. */
static void caught(int number, siginfo_t *info, void *context)
{
	(void)info;
	got = number;
	((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 4;
}

static const char *const names[] = { "SENDUIPI", "CLUI", "STUI", "TESTUI", "UIRET" };

static void run(int which)
{
	switch (which) {
	/* An index past any table. */
	case 0: __asm__ volatile(".byte 0xf3, 0x0f, 0xc7, 0xf0" : : "a"(-1L) : "memory"); break;
	case 1: __asm__ volatile(".byte 0xf3, 0x0f, 0x01, 0xee" : : : "memory"); break;
	case 2: __asm__ volatile(".byte 0xf3, 0x0f, 0x01, 0xef" : : : "memory"); break;
	case 3: __asm__ volatile(".byte 0xf3, 0x0f, 0x01, 0xed" : : : "memory", "cc"); break;
	/* Where it is executed, it goes on at the label with the flags and the stack that it pops. */
	case 4:
		__asm__ volatile("movq %%rsp, %%rax\n\tleaq -128(%%rsp), %%rsp\n\tpushq %%rax\n\tpushfq\n\t"
				 "leaq 1f(%%rip), %%rcx\n\tpushq %%rcx\n\t.byte 0xf3, 0x0f, 0x01, 0xec\n"
				 "1:\tmovq %%rax, %%rsp"
				 : : : "rax", "rcx", "memory", "cc");
	}
}

void runtime_probe(void)
{
	struct sigaction action = { .sa_sigaction = caught, .sa_flags = SA_SIGINFO }, old[2];

	runtime_sigaction(SIGILL, &action, &old[0]);
	runtime_sigaction(SIGSEGV, &action, &old[1]);
	for (int which = 0; which < 5; which++) {
		got = 0;
		run(which);
		if (got != SIGILL)
			runtime_refuse((const char *[]){ "this processor executes ", names[which], " (no #UD): there is nothing to "
							 "emulate. Run the program without the library.", NULL });
	}
	runtime_sigaction(SIGILL, &old[0], NULL);
	runtime_sigaction(SIGSEGV, &old[1], NULL);
}
