/*
 * The sleeps of a uintr_wait that a user interrupt ends.
 *
 * With UIF = 0 and one vector: in futex(2) on a word of its page, where the sender wakes it, without pipe and signal. A program's
 * handler may strike between that wakeup and the thread's next instruction, and leave by longjmp: `held` was set before the sleep,
 * so the next STUI looks at the UPID in any case. Whoever writes to the word spoils its own vector only.
 *
 * Else: in ppoll(2) on the notification pipe, whose byte wakes the thread before its
 * signal is sent. Coming back costs no signal frame then, and the signal is taken from the queue.
 *
 * All signals are blocked around the call, so that nothing strikes between the wakeup and `held`; within it the program's mask holds.
 * Who reads the byte away (the user's own processes may open the pipe) leaves the signal, which ends the call as well.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <sys/syscall.h>
#include <time.h>

#include "internal.h"

/* ppoll.S: ppoll(2) with a mask of 8 bytes. A handler that the call was interrupted for finds RIP at its end. */
INTERNAL long runtime_ppoll(struct pollfd *fds, uint64_t count, struct timespec *time, const uint64_t *mask);

int runtime_page_sleep(struct runtime_page *page, uint64_t deadline)
{
	uint64_t last = INT64_MAX, at = deadline < last ? deadline : last;
	struct timespec time = { (time_t)(at / 1000000000), (long)(at % 1000000000) };
	long result = runtime_call(SYS_futex, (long)&page->asleep, FUTEX_WAIT_BITSET, 1, (long)&time, 0, (long)FUTEX_BITSET_MATCH_ANY);

	return result == -EINTR || result == -ETIMEDOUT ? (int)result : 0;
}

bool runtime_page_wake(struct runtime_page *page)
{
	return __atomic_load_n(&page->asleep, __ATOMIC_SEQ_CST) == 1 && __atomic_exchange_n(&page->asleep, 0, __ATOMIC_SEQ_CST) == 1 &&
	       runtime_call(SYS_futex, (long)&page->asleep, FUTEX_WAKE, 1, 0, 0, 0) > 0;
}

void runtime_pipe_drain(const struct runtime_receiver *receiver)
{
	char bytes[1024];

	/* As much as a pipe holds. Who goes on writing costs this thread its sleep, and nothing else. */
	for (int turn = 0; turn < 64; turn++)
		if (runtime_call(SYS_read, receiver->pipe_read, (long)bytes, sizeof(bytes), 0, 0, 0) < (long)sizeof(bytes))
			return;
}

int runtime_pipe_sleep(const struct runtime_receiver *receiver, uint64_t deadline, uint64_t mask)
{
	struct pollfd poll = { receiver->pipe_read, POLLIN, 0 };
	uint64_t now = deadline < INT64_MAX ? runtime_monotonic() : 0, left = deadline > now ? deadline - now : 0;
	struct timespec time = { (time_t)(left / 1000000000), (long)(left % 1000000000) };
	long result = runtime_ppoll(&poll, 1, deadline < INT64_MAX ? &time : NULL, &mask);

	return result < 0 ? (int)result : result ? 0 : -ETIMEDOUT;
}

/* The signal is blocked. The program's own of that number goes back to where it was. */
bool runtime_notification_take(const struct runtime_receiver *receiver)
{
	static const struct timespec none;
	uint64_t signal = 1ull << (receiver->signal - 1);
	siginfo_t info;

	if (runtime_call(SYS_rt_sigtimedwait, (long)&signal, (long)&info, (long)&none, 8, 0, 0) < 0)
		return false;
	if (info.si_code > 0 && info.si_code != SI_KERNEL)
		return true;
	runtime_call(SYS_rt_tgsigqueueinfo, runtime_call(SYS_getpid, 0, 0, 0, 0, 0, 0), runtime_call(SYS_gettid, 0, 0, 0, 0, 0, 0),
		     info.si_signo, (long)&info, 0, 0);
	return false;
}
