/*
 * Blocking calls that a handled signal ends with EINTR whatever its flags (signal(7)): a notification must not end them. It is
 * blocked for as long as they take, and the user interrupt is delivered when they return, as with a kernel that has them: there the
 * thread is not running. A receiver with a WAITING flag asked for the opposite.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <poll.h>
#include <semaphore.h>
#include <setjmp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

#define PUBLIC __attribute__((visibility("default")))
#define NOTIFICATIONS (1ull << (NOTIFY_RESTART - 1) | 1ull << (NOTIFY_BREAK - 1))

/* What a call has changed. */
struct shield {
	bool up;
	uint32_t outer;
	uint64_t mask;
};

static struct shield raise_shield(void)
{
	struct runtime_thread *thread = runtime_thread_current();
	struct runtime_receiver *receiver = thread->receiver;
	struct shield shield = { receiver && !receiver->flags, thread->shielded, 0 };
	uint64_t block = NOTIFICATIONS;

	if (!shield.up)
		return shield;
	thread->shielded = 1;
	runtime_fence();
	runtime_call(SYS_rt_sigprocmask, SIG_BLOCK, (long)&block, (long)&shield.mask, 8, 0, 0);
	return shield;
}

/* A call within a handler that has ended another call: that one does not need its shield any more. */
static void lower_shield(struct shield shield)
{
	if (!shield.up)
		return;
	shield.mask = runtime_maskable(shield.mask);
	runtime_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&shield.mask, 0, 8, 0, 0);
	runtime_fence();
	runtime_thread_current()->shielded = shield.outer;
}

/* Another library's constructor may have called before ours ran. */
#define FIND_ONCE(name)                                      \
	do {                                                 \
		if (!real_##name)                            \
			real_##name = dlsym(RTLD_NEXT, #name); \
	} while (0)

#define SHIELDED(type, name, parameters, arguments)          \
	static type(*real_##name) parameters;                \
	PUBLIC type name parameters                          \
	{                                                    \
		struct shield shield = raise_shield();       \
		type result;                                 \
                                                             \
		FIND_ONCE(name);                             \
		result = real_##name arguments;              \
		lower_shield(shield);                        \
		return result;                               \
	}

/* A mask that the call puts in place of the thread's. */
static const sigset_t *with_notifications(const sigset_t *mask, sigset_t *space)
{
	uint64_t bits;

	if (!mask)
		return NULL;
	memset(space, 0, sizeof(*space));
	memcpy(&bits, mask, sizeof(bits));
	bits = runtime_maskable(bits) | NOTIFICATIONS;
	memcpy(space, &bits, sizeof(bits));
	return space;
}

#define SHIELDED_MASKED(type, name, parameters, arguments)   \
	static type(*real_##name) parameters;                \
	PUBLIC type name parameters                          \
	{                                                    \
		sigset_t space;                              \
		struct shield shield = raise_shield();       \
		type result;                                 \
                                                             \
		if (shield.up)                               \
			set = with_notifications(set, &space); \
		FIND_ONCE(name);                             \
		result = real_##name arguments;              \
		lower_shield(shield);                        \
		return result;                               \
	}

SHIELDED(int, poll, (struct pollfd *fds, nfds_t count, int timeout), (fds, count, timeout))
SHIELDED(int, __poll_chk, (struct pollfd *fds, nfds_t count, int timeout, size_t size), (fds, count, timeout, size))
SHIELDED_MASKED(int, ppoll, (struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *set),
		(fds, count, timeout, set))
SHIELDED(int, select, (int count, fd_set *r, fd_set *w, fd_set *e, struct timeval *timeout), (count, r, w, e, timeout))
SHIELDED_MASKED(int, pselect,
		(int count, fd_set *r, fd_set *w, fd_set *e, const struct timespec *timeout, const sigset_t *set),
		(count, r, w, e, timeout, set))
SHIELDED(int, epoll_wait, (int fd, struct epoll_event *events, int count, int timeout), (fd, events, count, timeout))
SHIELDED_MASKED(int, epoll_pwait, (int fd, struct epoll_event *events, int count, int timeout, const sigset_t *set),
		(fd, events, count, timeout, set))
SHIELDED_MASKED(int, epoll_pwait2,
		(int fd, struct epoll_event *events, int count, const struct timespec *timeout, const sigset_t *set),
		(fd, events, count, timeout, set))
SHIELDED(int, nanosleep, (const struct timespec *time, struct timespec *left), (time, left))
SHIELDED(int, clock_nanosleep, (clockid_t clock, int flags, const struct timespec *time, struct timespec *left),
	 (clock, flags, time, left))
SHIELDED(unsigned int, sleep, (unsigned int seconds), (seconds))
SHIELDED(int, usleep, (useconds_t time), (time))
SHIELDED(int, thrd_sleep, (const struct timespec *time, struct timespec *left), (time, left))
SHIELDED(int, sem_timedwait, (sem_t *semaphore, const struct timespec *until), (semaphore, until))
SHIELDED(int, sem_clockwait, (sem_t *semaphore, clockid_t clock, const struct timespec *until), (semaphore, clock, until))
SHIELDED(int, sigtimedwait, (const sigset_t *wanted, siginfo_t *info, const struct timespec *timeout), (wanted, info, timeout))
SHIELDED(int, sigwaitinfo, (const sigset_t *wanted, siginfo_t *info), (wanted, info))
SHIELDED(ssize_t, msgrcv, (int queue, void *message, size_t size, long type, int flags), (queue, message, size, type, flags))
SHIELDED(int, msgsnd, (int queue, const void *message, size_t size, int flags), (queue, message, size, flags))
SHIELDED(int, semop, (int set, struct sembuf *operations, size_t count), (set, operations, count))
SHIELDED(int, semtimedop, (int set, struct sembuf *operations, size_t count, const struct timespec *timeout),
	 (set, operations, count, timeout))

/* These end with the first handler that runs: a notification's is none of the program's. */
static int (*real_sigsuspend)(const sigset_t *);
PUBLIC int sigsuspend(const sigset_t *set)
{
	struct runtime_thread *thread = runtime_thread_current();
	uint32_t outer = thread->shielded;
	sigset_t space;
	int result;

	FIND_ONCE(sigsuspend);
	if (!thread->receiver || thread->receiver->flags)
		return real_sigsuspend(set);
	thread->shielded = 1;
	result = real_sigsuspend(with_notifications(set, &space));
	thread->shielded = outer;
	return result;
}

static int (*real_pause)(void);
PUBLIC int pause(void)
{
	sigset_t mask;

	FIND_ONCE(pause);
	if (!runtime_thread_current()->receiver)
		return real_pause();
	pthread_sigmask(SIG_BLOCK, NULL, &mask);
	return sigsuspend(&mask);
}

/* A signal handler that leaves one of these calls, and does not restore the mask, takes the shield along. */
static void drop_shield(void)
{
	struct runtime_thread *thread = runtime_thread_current();
	uint64_t notifications = NOTIFICATIONS;

	if (!thread->shielded)
		return;
	thread->shielded = 0;
	runtime_call(SYS_rt_sigprocmask, SIG_UNBLOCK, (long)&notifications, 0, 8, 0, 0);
}

/* A handler must not have to look for the function: it may have interrupted the loader. */
#define LEAVES(name)                                                                           \
	static void (*real_##name)(struct __jmp_buf_tag *, int) __attribute__((noreturn));     \
	__attribute__((constructor)) static void find_##name(void) { FIND_ONCE(name); }        \
	PUBLIC _Noreturn void name(struct __jmp_buf_tag *to, int value)                        \
	{                                                                                      \
		drop_shield();                                                                 \
		FIND_ONCE(name);                                                               \
		real_##name(to, value);                                                        \
	}

LEAVES(longjmp)
LEAVES(_longjmp)
LEAVES(siglongjmp)
LEAVES(__longjmp_chk)
