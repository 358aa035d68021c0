/*
 * Blocking calls that a handled signal ends with EINTR whatever its flags (signal(7)): a notification must not end them. It is
 * blocked for as long as they take, and the user interrupt is delivered when they return, as with a kernel that has them: there the
 * thread is not running. A receiver with a WAITING flag asked for the opposite.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <poll.h>
#include <semaphore.h>
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

static bool shield(uint64_t *mask)
{
	struct runtime_receiver *receiver = runtime_thread_current()->receiver;
	uint64_t block = NOTIFICATIONS;

	if (!receiver || receiver->flags)
		return false;
	runtime_call(SYS_rt_sigprocmask, SIG_BLOCK, (long)&block, (long)mask, 8, 0, 0);
	return true;
}

static void unshield(const uint64_t *mask) { runtime_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)mask, 0, 8, 0, 0); }

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
		uint64_t mask;                               \
		bool shielded = shield(&mask);               \
		type result;                                 \
                                                             \
		FIND_ONCE(name);                             \
		result = real_##name arguments;              \
                                                             \
		if (shielded)                                \
			unshield(&mask);                     \
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
		uint64_t mask;                               \
		sigset_t space;                              \
		bool shielded = shield(&mask);               \
		type result;                                 \
                                                             \
		if (shielded)                                \
			set = with_notifications(set, &space); \
		FIND_ONCE(name);                             \
		result = real_##name arguments;              \
		if (shielded)                                \
			unshield(&mask);                     \
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
	struct runtime_receiver *receiver = runtime_thread_current()->receiver;
	sigset_t space;

	FIND_ONCE(sigsuspend);
	return real_sigsuspend(receiver && !receiver->flags ? with_notifications(set, &space) : set);
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
