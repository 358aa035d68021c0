/* What ends a quantum: nothing, a user interrupt, a signal, a flag in memory. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../common/find_abi.h"
#include "greenthreads.h"

static void nothing(void)
{
}

/* --- nothing: run to completion ---------------------------------------------------------------------------------------- */

const struct driver driver_none = {
	.name = "none",
	.open = nothing, .close = nothing, .mask = nothing, .unmask = nothing,
	.enter_critical = nothing, .leave_critical = nothing,
	.connect = nothing, .disconnect = nothing, .kick = nothing,
};

/* --- user interrupts --------------------------------------------------------------------------------------------------- */

static struct uintr_abi abi;
static bool has_abi;
static uintr_fd vector_fd;
static uintr_index sender;

/*
 * On the interrupted green thread's stack with UIF = 0. The entry (uintr_handler_entry) has gone below the red zone and saved
 * all general registers and the vector state there, so the switch inside is an ordinary call. Another green thread goes on,
 * which ends in UIRET if it was interrupted too, and in STUI if it gave way. When this one's turn comes the call returns, the
 * entry puts everything back and UIRET sets UIF: the processor does not know that it is not the UIRET of its last delivery.
 */
static void on_user_interrupt(void *context, struct uintr_frame *frame, uint64_t vector)
{
	int error = errno;

	(void)context, (void)frame, (void)vector;
	greenthreads_preempt();
	errno = error;
}

static void uintr_open(void)
{
	if (!has_abi)
		find_abi(&abi);
	has_abi = true;
	check("saving the registers' state (XSAVE)", uintr_handler_set(on_user_interrupt, NULL));
	/* UIF is 0 from here. */
	check("uintr_register_handler", uintr_register_handler(&abi, uintr_handler_entry_address(), 0));
	vector_fd.value = check("a descriptor for vector 0", make_descriptor(&abi, 0));
}

static void uintr_close(void)
{
	uintr_clui();
	check("uintr_unregister_handler", uintr_unregister_handler(&abi, 0));
	close(vector_fd.value);
}

static void uintr_connect(void)
{
	sender.value = check("uintr_register_sender", uintr_register_sender(&abi, vector_fd, 0));
}

static void uintr_disconnect(void)
{
	check("uintr_unregister_sender", unregister_sender(&abi, vector_fd, sender));
}

static void uintr_kick(void)
{
	uintr_senduipi((uint64_t)sender.value);
}

const char *driver_uintr_abi(void)
{
	return has_abi ? abi.name : NULL;
}

/* CLUI and STUI cost so little that each malloc can have a pair. */
const struct driver driver_uintr = {
	.name = "uintr",
	.open = uintr_open, .close = uintr_close, .mask = uintr_clui, .unmask = uintr_stui,
	.enter_critical = uintr_clui, .leave_critical = uintr_stui,
	.connect = uintr_connect, .disconnect = uintr_disconnect, .kick = uintr_kick,
};

/* --- signals ----------------------------------------------------------------------------------------------------------- */

#define QUANTUM_SIGNAL SIGUSR1

static pthread_t worker_thread;
static struct sigaction previous_action;
static sigset_t quantum_signal;

/* To mask by sigprocmask takes a system call, so around malloc a counter does, and the handler looks at it. */
static volatile sig_atomic_t critical, missed;

/* On the interrupted green thread's stack (no SA_ONSTACK), where the kernel has saved all state; sigreturn unmasks. */
static void on_signal(int number)
{
	int error = errno;

	(void)number;
	if (critical)
		missed = 1;
	else
		greenthreads_preempt();
	errno = error;
}

static void signal_mask(void)
{
	pthread_sigmask(SIG_BLOCK, &quantum_signal, NULL);
}

static void signal_unmask(void)
{
	pthread_sigmask(SIG_UNBLOCK, &quantum_signal, NULL);
}

static void signal_open(void)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	worker_thread = pthread_self();
	sigemptyset(&quantum_signal);
	sigaddset(&quantum_signal, QUANTUM_SIGNAL);
	signal_mask();
	if (sigaction(QUANTUM_SIGNAL, &action, &previous_action))
		fail_errno("sigaction", -errno);
}

/* What was sent last is pending, and runs the handler now; nobody sends any more. */
static void signal_close(void)
{
	signal_unmask();
	sigaction(QUANTUM_SIGNAL, &previous_action, NULL);
}

static void signal_kick(void)
{
	pthread_kill(worker_thread, QUANTUM_SIGNAL);
}

static void signal_enter_critical(void)
{
	critical = 1;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

static void signal_leave_critical(void)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	critical = 0;
	if (missed) {
		missed = 0;
		greenthreads_yield();
	}
}

const struct driver driver_signal = {
	.name = "signal",
	.open = signal_open, .close = signal_close, .mask = signal_mask, .unmask = signal_unmask,
	.enter_critical = signal_enter_critical, .leave_critical = signal_leave_critical,
	.connect = nothing, .disconnect = nothing, .kick = signal_kick,
};

/* --- polling ----------------------------------------------------------------------------------------------------------- */

bool polling_flag;

static void polling_kick(void)
{
	__atomic_store_n(&polling_flag, true, __ATOMIC_RELAXED);
}

const struct driver driver_polling = {
	.name = "polling",
	.open = nothing, .close = nothing, .mask = nothing, .unmask = nothing,
	.enter_critical = nothing, .leave_critical = nothing, .polls = true,
	.connect = nothing, .disconnect = nothing, .kick = polling_kick,
};
