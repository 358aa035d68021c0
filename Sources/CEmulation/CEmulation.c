#define _GNU_SOURCE
#include "CEmulation.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* initial-exec: the signal handler gets here, where the lazy allocation of a dynamic model would not do. */
static _Thread_local void *current __attribute__((tls_model("initial-exec")));

void emulation_call(emulation_handler handler, void *context, void *frame, uint64_t vector) { handler(context, frame, vector); }
void *emulation_processor(void) { return current; }
void emulation_set_processor(void *processor) { current = processor; }
static void forget(void) { current = NULL; }
bool emulation_forget_in_child(void) { return !pthread_atfork(NULL, NULL, forget); }
uint32_t emulation_thread_id(void) { return (uint32_t)syscall(SYS_gettid); }

static int notification_signal;
static void (*notification_action)(const void *ucontext);

static void notified(int number, siginfo_t *info, void *ucontext)
{
	int saved = errno;

	(void)number, (void)info, notification_action(ucontext);
	errno = saved;
}

bool emulation_signal_open(void (*action)(const void *ucontext))
{
	struct sigaction old, new = { .sa_sigaction = notified, .sa_flags = SA_SIGINFO | SA_RESTART };

	notification_action = action;
	for (int number = SIGRTMIN + 8; number <= SIGRTMAX; number++) {
		if (sigaction(number, NULL, &old) || (old.sa_flags & SA_SIGINFO) || old.sa_handler != SIG_DFL)
			continue;
		notification_signal = number;
		return !sigaction(number, &new, NULL);
	}
	return false;
}

void emulation_notify(uint32_t thread_id)
{
	int saved = errno;

	/* EAGAIN: RLIMIT_SIGPENDING. ON is set, so that no other sender will notify in our place: try on rather than lose it. */
	while (syscall(SYS_tgkill, getpid(), (int)thread_id, notification_signal) && errno == EAGAIN)
		sched_yield();
	errno = saved;
}

bool emulation_signal_block(bool block)
{
	sigset_t set, old;

	sigemptyset(&set);
	sigaddset(&set, notification_signal);
	pthread_sigmask(block ? SIG_BLOCK : SIG_UNBLOCK, &set, &old);
	return sigismember(&old, notification_signal) == 1;
}

bool emulation_sleep(uint64_t nanoseconds, bool notified)
{
	struct timespec time = { (time_t)(nanoseconds / 1000000000), (long)(nanoseconds % 1000000000) };
	sigset_t mask;

	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	if (notified)
		sigdelset(&mask, notification_signal);
	return ppoll(NULL, 0, &time, &mask) < 0;
}

void emulation_fault(bool invalid_opcode)
{
	syscall(SYS_tgkill, getpid(), (int)emulation_thread_id(), invalid_opcode ? SIGILL : SIGSEGV);
}

__attribute__((noinline)) void emulation_interrupted(const void *ucontext, uint64_t out[3])
{
	const greg_t *registers = ucontext ? ((const ucontext_t *)ucontext)->uc_mcontext.gregs : NULL;

	out[0] = registers ? (uint64_t)registers[REG_RIP] : (uint64_t)__builtin_return_address(0);
	out[1] = registers ? (uint64_t)registers[REG_EFL] : 0x202; /* IF and the bit that is always 1. */
	out[2] = registers ? (uint64_t)registers[REG_RSP] : (uint64_t)__builtin_frame_address(0) + 16;
}

int emulation_ticket_make(uint64_t receiver, uint64_t vector)
{
	struct emulation_ticket ticket = { (uint64_t)&notification_signal, (uint64_t)getpid(), receiver, vector };
	int descriptor = memfd_create("uvecfd", MFD_CLOEXEC), failure;

	if (descriptor < 0)
		return -errno;
	if (pwrite(descriptor, &ticket, sizeof(ticket), 0) == sizeof(ticket))
		return descriptor;
	failure = -errno;
	close(descriptor);
	return failure;
}

int emulation_ticket_read(int descriptor, struct emulation_ticket *out)
{
	/* Only files in memory have seals: nothing else is read, since it might block. */
	if (fcntl(descriptor, F_GET_SEALS) < 0)
		return errno == EBADF ? -EBADF : -EOPNOTSUPP;
	return pread(descriptor, out, sizeof(*out), 0) == sizeof(*out) && out->address == (uint64_t)&notification_signal &&
			       out->process == (uint64_t)getpid() ? 0 : -EOPNOTSUPP;
}
