/* What guard.c, execute.c and guard.S share. */
#ifndef UINTR_GUARD_INTERNAL_H
#define UINTR_GUARD_INTERNAL_H

#include <stddef.h>

#include "uintr_execute.h"
#include "uintr_guard.h"

#define INTERNAL __attribute__((visibility("hidden")))

struct uintr_guard {
	struct uintr_guard *outer;
	/* Stack pointer to come back to; guard.S stores it. */
	uint64_t rsp;
	/* The executor's registers, NULL for a guarded function. */
	struct uintr_cpu_context *context;
	uint64_t end;
	struct uintr_fault fault;
};

_Static_assert(offsetof(struct uintr_guard, rsp) == 8, "guard.S");
_Static_assert(offsetof(struct uintr_cpu_context, rip) == 128, "guard.S");
_Static_assert(offsetof(struct uintr_cpu_context, rflags) == 136, "guard.S");

/* A thread's preparations, undone by guard_leave. */
struct uintr_guard_setup {
	void *stack;
	size_t stack_size;
};

INTERNAL int uintr_guard_enter(struct uintr_guard_setup *setup);
INTERNAL void uintr_guard_leave(struct uintr_guard_setup *setup);
/* Which faults are caught: a set for pthread_sigmask. */
INTERNAL void uintr_guard_signals(void *sigset);

INTERNAL extern __thread struct uintr_guard *uintr_guard_current __attribute__((tls_model("initial-exec")));

/* guard.S */
INTERNAL int uintr_guard_call(void (*function)(void *), void *argument, struct uintr_guard *guard);
INTERNAL int uintr_guard_enter_context(struct uintr_cpu_context *context, struct uintr_guard *guard);
INTERNAL void uintr_guard_signal(void);
INTERNAL extern char uintr_guard_landing[], uintr_guard_iretq[];

#endif
