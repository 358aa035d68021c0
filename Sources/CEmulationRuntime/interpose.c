/* libc's functions that the library stands in for, because they would take a signal or a system call away from the runtime. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

#include "internal.h"

#define PUBLIC __attribute__((visibility("default")))

INTERNAL uint64_t runtime_maskable(uint64_t mask);

/* For gate.S: what syscall(2) returns for a negated errno. */
INTERNAL long runtime_fail(long result)
{
	errno = (int)-result;
	return -1;
}

/* For gate.S: one of the ABI's calls, its arguments in `registers`; the boundary follows it. */
INTERNAL void runtime_called(uint64_t *registers)
{
	struct runtime_thread *thread = runtime_thread_current();
	uint64_t busy = thread->busy;
	long result;

	thread->busy = 1;
	result = runtime_emulate_call(thread, (long)registers[RUNTIME_RDI], registers[RUNTIME_RSI], registers[RUNTIME_RDX],
				      registers[RUNTIME_RCX]);
	registers[RUNTIME_RAX] = (uint64_t)(result < 0 ? runtime_fail(result) : result);
	runtime_settle(thread, registers, busy);
}

PUBLIC int sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
	int result = number == 32 || number == 33 ? -EINVAL : runtime_sigaction(number, action, old);

	return result < 0 ? (int)runtime_fail(result) : 0;
}

static sighandler_t set_handler(int number, sighandler_t handler, int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags }, old;

	if (handler == SIG_ERR) {
		errno = EINVAL;
		return SIG_ERR;
	}
	sigemptyset(&action.sa_mask);
	return sigaction(number, &action, &old) ? SIG_ERR : old.sa_handler;
}

PUBLIC sighandler_t signal(int number, sighandler_t handler) { return set_handler(number, handler, SA_RESTART); }
PUBLIC sighandler_t bsd_signal(int number, sighandler_t handler) { return set_handler(number, handler, SA_RESTART); }
PUBLIC sighandler_t sysv_signal(int number, sighandler_t handler) { return set_handler(number, handler, SA_RESETHAND | SA_NODEFER); }
PUBLIC sighandler_t __sysv_signal(int number, sighandler_t handler) { return sysv_signal(number, handler); }

static int change_mask(int how, const sigset_t *set, sigset_t *old)
{
	uint64_t mask = 0, before = 0;
	long result;

	if (set) {
		memcpy(&mask, set, sizeof(mask));
		/* The two that libc keeps for itself. */
		mask &= ~(1ull << 31 | 1ull << 32);
		if (how != SIG_UNBLOCK)
			mask = runtime_maskable(mask);
	}
	result = runtime_call(SYS_rt_sigprocmask, how, (long)(set ? &mask : NULL), (long)&before, 8, 0, 0);
	if (!result && old) {
		memset(old, 0, sizeof(*old));
		memcpy(old, &before, sizeof(before));
	}
	return (int)-result;
}

PUBLIC int pthread_sigmask(int how, const sigset_t *set, sigset_t *old) { return change_mask(how, set, old); }

PUBLIC int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	int failure = change_mask(how, set, old);

	return failure ? (int)runtime_fail(-failure) : 0;
}
