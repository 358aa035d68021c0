#define _GNU_SOURCE
#include "CEmulation.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

/* initial-exec: reached from the signal handler, where the lazy allocation of a dynamic model would not do. */
static _Thread_local void *current __attribute__((tls_model("initial-exec")));

void *emulation_current(void) { return current; }
void emulation_set_current(void *processor) { current = processor; }
int32_t emulation_thread_id(void) { return (int32_t)syscall(SYS_gettid); }

#define RFLAGS_IF_AND_FIXED 0x202

__attribute__((noinline)) void emulation_here(struct emulation_frame *out)
{
	out->rip = (uint64_t)__builtin_return_address(0);
	out->rflags = RFLAGS_IF_AND_FIXED;
	out->rsp = (uint64_t)__builtin_frame_address(0) + 16;
}

void emulation_interrupted(const void *ucontext, struct emulation_frame *out)
{
	const greg_t *registers = ((const ucontext_t *)ucontext)->uc_mcontext.gregs;

	out->rip = (uint64_t)registers[REG_RIP];
	out->rflags = (uint64_t)registers[REG_EFL];
	out->rsp = (uint64_t)registers[REG_RSP];
}

static int32_t destinations[EMULATION_DESTINATIONS];

int32_t emulation_destination_take(int32_t thread_id)
{
	for (int32_t i = 0; i < EMULATION_DESTINATIONS; i++) {
		int32_t nobody = 0;

		if (__atomic_compare_exchange_n(&destinations[i], &nobody, thread_id, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
			return i;
	}
	return -1;
}

void emulation_destination_release(int32_t destination)
{
	__atomic_store_n(&destinations[destination], 0, __ATOMIC_SEQ_CST);
}

static int notification_signal;

bool emulation_signal_open(void (*action)(int, void *, void *))
{
	for (int number = SIGRTMIN + 8; number <= SIGRTMAX; number++) {
		struct sigaction old, new = { .sa_flags = SA_SIGINFO | SA_RESTART };

		if (sigaction(number, NULL, &old) || (old.sa_flags & SA_SIGINFO) || old.sa_handler != SIG_DFL)
			continue;
		new.sa_sigaction = (void (*)(int, siginfo_t *, void *))action;
		sigemptyset(&new.sa_mask);
		if (sigaction(number, &new, NULL))
			continue;
		notification_signal = number;
		return true;
	}
	return false;
}

void emulation_notify(uint32_t destination)
{
	int saved = errno;
	int32_t thread;

	/*
	 * EAGAIN: the user has RLIMIT_SIGPENDING signals queued. ON is set, so no other sender will notify in our place: try
	 * until it is sent, rather than lose it. ESRCH: the thread has ended meanwhile; nobody is there any more.
	 */
	while (destination < EMULATION_DESTINATIONS && (thread = __atomic_load_n(&destinations[destination], __ATOMIC_SEQ_CST)) &&
	       syscall(SYS_tgkill, getpid(), thread, notification_signal) && errno == EAGAIN)
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

bool emulation_sleep(uint64_t nanoseconds, bool interruptible)
{
	struct timespec time = { .tv_sec = (time_t)(nanoseconds / 1000000000), .tv_nsec = (long)(nanoseconds % 1000000000) };
	sigset_t mask;
	int saved = errno, result;

	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	if (interruptible)
		sigdelset(&mask, notification_signal);
	result = ppoll(NULL, 0, &time, &mask);
	errno = saved;
	return result < 0;
}

void emulation_fault(bool invalid_opcode)
{
	syscall(SYS_tgkill, getpid(), emulation_thread_id(), invalid_opcode ? SIGILL : SIGSEGV);
}

static uint64_t cookie[2];

static void draw_cookie(void)
{
	/* With no random source the addresses of this process, which no other file would contain by chance, must do. */
	if (getrandom(cookie, sizeof(cookie), 0) != sizeof(cookie)) {
		cookie[0] = (uint64_t)&cookie;
		cookie[1] = (uint64_t)getpid();
	}
}

static pthread_once_t cookie_once = PTHREAD_ONCE_INIT;
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

int emulation_ticket_make(uint64_t receiver, uint64_t vector)
{
	struct emulation_ticket ticket = { .receiver = receiver, .vector = vector };
	int descriptor, failure;

	pthread_once(&cookie_once, draw_cookie);
	memcpy(ticket.cookie, cookie, sizeof(cookie));
	descriptor = memfd_create("uvecfd", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (descriptor < 0)
		return -errno;
	if (pwrite(descriptor, &ticket, sizeof(ticket), 0) == sizeof(ticket) && !fcntl(descriptor, F_ADD_SEALS, SEALS))
		return descriptor;
	failure = errno;
	close(descriptor);
	return -failure;
}

int emulation_ticket_read(int descriptor, struct emulation_ticket *out)
{
	int seals;

	pthread_once(&cookie_once, draw_cookie);
	seals = fcntl(descriptor, F_GET_SEALS);
	if (seals < 0 && errno == EBADF)
		return -EBADF;
	/* Only a sealed memfd is read: nothing else could block, or change afterwards. */
	if (seals != SEALS || pread(descriptor, out, sizeof(*out), 0) != sizeof(*out))
		return -EOPNOTSUPP;
	return memcmp(out->cookie, cookie, sizeof(cookie)) ? -EOPNOTSUPP : 0;
}
