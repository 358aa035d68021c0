/* The one signal of a process that calls the runtime: a notification. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

#include "state.h"

static int notification;

/*
 * By system calls of its own: libc's functions may be another library's. Not on the alternate stack for signals: one of MINSIGSTKSZ
 * would not hold what an unoptimised build uses.
 */
static bool take(int number)
{
	struct kernel_action now, own = {
		(void *)emulation_notify_entry, SA_SIGINFO | SA_RESTART | RESTORER, runtime_restorer, ~(BIT(SIGSEGV) | BIT(SIGBUS)),
	};

	if (raw_sigaction(number, NULL, &now) || now.handler != SIG_DFL || raw_sigaction(number, &own, NULL))
		return false;
	notification = number;
	return true;
}

bool emulation_signal_open(void)
{
	if (take(SIGSTKFLT) || take(SIGPWR))
		return true;
	for (int number = SIGRTMIN + 8; number <= SIGRTMAX; number++)
		if (take(number))
			return true;
	return false;
}

int emulation_signal(void) { return notification; }

bool emulation_signal_block(bool block)
{
	uint64_t set = BIT(notification), before = 0;

	runtime_call(SYS_rt_sigprocmask, block ? SIG_BLOCK : SIG_UNBLOCK, (long)&set, (long)&before, 8, 0, 0);
	return before & set;
}

int runtime_notification_signal(bool restarts)
{
	/* The ABI has no receivers whose calls are broken off. */
	(void)restarts;
	return notification;
}

/* What handlers the process has, its other code knows. */
enum runtime_restarting runtime_restarting(void) { return RUNTIME_SOME_RESTART; }

/* Nobody asks for the last close of a descriptor. */
int runtime_close_signal(void) { return 0; }

/* SIGPIPE is blocked while a notification is written (backend.c), and stays the program's. */
void runtime_signals_send(void) {}

/* Where entry.S is on its way to the registers of a block, the thread is there already. */
static void finish_leaving(greg_t *registers)
{
	uint64_t rip = (uint64_t)registers[REG_RIP], block = (uint64_t)registers[REG_RSP];

	if (rip == (uint64_t)emulation_leave_switched) {
		/* All others are loaded; the first words of the block lie below the red zone, and may be the signal frame's by now. */
		const greg_t *iret = (const greg_t *)block;

		registers[REG_RIP] = iret[0], registers[REG_EFL] = iret[2], registers[REG_RSP] = iret[3];
		return;
	}
	if (!(rip >= (uint64_t)emulation_committed && rip < (uint64_t)emulation_uncommitted) &&
		 !(rip >= (uint64_t)emulation_leave && rip < (uint64_t)emulation_leave_switched))
		return;
	memcpy(registers, (const void *)block, 18 * sizeof(greg_t));
}

/* Whoever sent it: to look at the UPIDs once more does no harm. */
INTERNAL void emulation_on_notification(int number, siginfo_t *info, void *raw)
{
	struct runtime_thread *thread = runtime_thread_current();
	ucontext_t *context = raw;
	uint64_t address = 0;
	int verdict;

	(void)number, (void)info;
	finish_leaving(context->uc_mcontext.gregs);
	runtime_event(RUNTIME_TAKEN, 0, (uint64_t)context->uc_mcontext.gregs[REG_RIP]);
	runtime_notified(thread);
	thread->missed = 1;
	verdict = runtime_boundary_at(thread, context, &address);
	if (verdict != RUNTIME_DONE)
		emulation_fault(verdict);
}

void emulation_stui_by_signal(void)
{
	uint64_t mask = runtime_signals_block();

	runtime_thread_current()->uif = 1;
	runtime_call(SYS_tgkill, runtime_call(SYS_getpid, 0, 0, 0, 0, 0, 0), runtime_call(SYS_gettid, 0, 0, 0, 0, 0, 0), notification, 0, 0, 0);
	runtime_signals_restore(mask);
}
