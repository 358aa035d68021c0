/* For the programs that the tests run under the library: what a program that uses user interrupts has, and checks. */
#ifndef PROGRAM_H
#define PROGRAM_H
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include <x86gprintrin.h>

#include "../../../Sources/CUserInterrupts/include/uintr_abi.h"

static struct uintr_abi abi;
static int failures;

#define CHECK(condition)                                                             \
	do {                                                                         \
		if (!(condition)) {                                                  \
			printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);       \
			failures++;                                                  \
		}                                                                    \
	} while (0)
/* Equal, with both values in the message. */
#define EQUAL(a, b)                                                                                           \
	do {                                                                                                  \
		long left_ = (long)(a), right_ = (long)(b);                                                   \
		if (left_ != right_) {                                                                        \
			printf("%s:%d: %s is %ld, not %ld\n", __FILE__, __LINE__, #a, left_, right_);         \
			failures++;                                                                           \
		}                                                                                             \
	} while (0)

/* Through libc's syscall(), as programs do, or by the instruction; a negated errno. */
static inline long call(enum uintr_call which, long a, long b, long c)
{
#ifdef INLINE_CALLS
	long in_place;

	__asm__ volatile("syscall" : "=a"(in_place) : "a"((long)abi.nr[which]), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return in_place;
#endif
	long result = syscall(abi.nr[which], a, b, c);

	return result < 0 ? -errno : result;
}

static inline long register_handler(void *handler, unsigned int flags) { return call(UINTR_CALL_REGISTER_HANDLER, (long)handler, flags, 0); }
static inline long unregister_handler(unsigned int flags) { return call(UINTR_CALL_UNREGISTER_HANDLER, flags, 0, 0); }
static inline long make_fd(uint64_t vector, unsigned int flags)
{
	return call(abi.nr[UINTR_CALL_CREATE_FD] < 0 ? UINTR_CALL_VECTOR_FD : UINTR_CALL_CREATE_FD, (long)vector, flags, 0);
}
static inline long register_sender(int fd, unsigned int flags) { return call(UINTR_CALL_REGISTER_SENDER, fd, flags, 0); }
static inline long unregister_sender(int operand, unsigned int flags) { return call(UINTR_CALL_UNREGISTER_SENDER, operand, flags, 0); }
static inline uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}
/* The ABI's wait, for at most so long; rfc-v1's knows no end. */
static inline long wait_for(uint64_t nanoseconds)
{
	switch (abi.wait) {
	case UINTR_WAIT_USEC_FLAGS: return call(UINTR_CALL_WAIT, (long)(nanoseconds / 1000), 0, 0);
	case UINTR_WAIT_DEADLINE_FLAGS: return call(UINTR_CALL_WAIT, (long)(now() + nanoseconds), 0, 0);
	default: return call(UINTR_CALL_WAIT, 0, 0, 0);
	}
}
/* What it returns for a user interrupt. */
static inline long wait_woken(void) { return abi.wait == UINTR_WAIT_DEADLINE_FLAGS ? 0 : -EINTR; }
static inline bool is(const char *name) { return !strcmp(abi.name, name); }
static inline bool is_v1(void) { return abi.unregister_sender == UINTR_SENDER_BY_FD; }

#ifndef WATCHDOG
#define WATCHDOG 240
#endif
static inline void hung(int unused)
{
	(void)unused;
	printf("no end after %d s\n", WATCHDOG);
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
}

/* fork(2), for a child that must not outlive its parent: one that hangs would hold the output open. */
static inline pid_t fork_child(void)
{
	pid_t parent = getpid(), child = fork();

	if (child)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(5);
	return 0;
}

static inline void begin(void)
{
	const char *name = getenv("UINTR_ABI");
	const struct uintr_abi *found = uintr_abi_named(name);

	setvbuf(stdout, NULL, _IONBF, 0);
	if (!found) {
		printf("UINTR_ABI is not set\n");
		exit(64);
	}
	abi = *found;
	if (is("project"))
		uintr_abi_project(&abi, 1000);
	/*
	 * Whoever hangs ends, and says what its UPIDs were where the environment asks for it (UINTR_EMULATION_TRACE); a child ends with
	 * its parent. The time only turns a hang into a failure: it is generous, for machines that do much else.
	 */
	signal(SIGALRM, hung);
	alarm(WATCHDOG);
}
static inline int end(void) { return failures ? 1 : 0; }
#endif
