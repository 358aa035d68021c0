/* Threads: the state in thread-local storage, the lock, the sleep of uintr_wait, the ends of threads and the child of a fork. */
#define _GNU_SOURCE
#include <cpuid.h>
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>

#include "internal.h"

/* initial-exec: a signal handler gets here, where the lazy allocation of a dynamic model would not do. */
INTERNAL _Thread_local struct runtime_thread runtime_current __attribute__((tls_model("initial-exec")));

INTERNAL struct uintr_abi runtime_abi;
INTERNAL struct runtime_senders *runtime_process_senders, *runtime_thread_senders;
INTERNAL struct runtime_receiver *runtime_receivers;
INTERNAL bool runtime_virtual;

static uint32_t lock;
static pthread_key_t end_key;

void runtime_look_at_processor(void)
{
	unsigned int a, b, c, d;

	runtime_virtual = __get_cpuid(1, &a, &b, &c, &d) && c >> 31;
}

uint32_t runtime_call_of(long number)
{
	for (uint32_t call = 0; call < UINTR_CALL_COUNT; call++)
		if (runtime_abi.nr[call] >= 0 && runtime_abi.nr[call] == number)
			return call;
	return UINTR_CALL_COUNT;
}

void runtime_yield(void) { runtime_call(SYS_sched_yield, 0, 0, 0, 0, 0, 0); }

/* 0 free, 1 taken, 2 taken and awaited. */
void runtime_lock(void)
{
	uint32_t free = 0;

	if (__atomic_compare_exchange_n(&lock, &free, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	while (__atomic_exchange_n(&lock, 2, __ATOMIC_ACQUIRE))
		runtime_call(SYS_futex, (long)&lock, FUTEX_WAIT_PRIVATE, 2, 0, 0, 0);
}

void runtime_unlock(void)
{
	if (__atomic_exchange_n(&lock, 0, __ATOMIC_RELEASE) == 2)
		runtime_call(SYS_futex, (long)&lock, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0);
}

uint64_t runtime_monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t runtime_signals_block(void)
{
	uint64_t all = ~(1ull << (SIGSEGV - 1) | 1ull << (SIGBUS - 1)), before = 0;

	runtime_call(SYS_rt_sigprocmask, SIG_BLOCK, (long)&all, (long)&before, 8, 0, 0);
	return before;
}

void runtime_signals_restore(uint64_t mask) { runtime_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&mask, 0, 8, 0, 0); }

/* futex(2): only futex_waitv takes a deadline and still restarts as SA_RESTART says; a plain wait with one ends with EINTR. */
int runtime_sleep(struct runtime_thread *thread, uint64_t deadline, bool restarts)
{
	uint64_t last = INT64_MAX, at = deadline < last ? deadline : last;
	struct timespec time = { (time_t)(at / 1000000000), (long)(at % 1000000000) };
	struct futex_waitv word = { 0, (uint64_t)&thread->awake, FUTEX_32 | FUTEX_PRIVATE_FLAG, 0 };
	long result = -ENOSYS;

	if (restarts)
		result = runtime_call(SYS_futex_waitv, (long)&word, 1, 0, (long)&time, CLOCK_MONOTONIC, 0);
	if (result == -ENOSYS)
		result = runtime_call(SYS_futex, (long)&thread->awake, FUTEX_WAIT_BITSET_PRIVATE, 0, (long)&time, 0,
				      (long)FUTEX_BITSET_MATCH_ANY);
	return result == -EINTR || result == -ETIMEDOUT ? (int)result : 0;
}

static void ended(void *thread)
{
	runtime_thread_end(thread);
	runtime_forget_vector_state(thread);
}

void runtime_watch_thread_end(void) { pthread_setspecific(end_key, runtime_thread_current()); }

/* Whoever holds the lock has all signals blocked: no handler may find it held by its own thread. */
static uint64_t fork_mask;
INTERNAL void runtime_before_fork(void)
{
	uint64_t mask = runtime_signals_block();

	runtime_lock();
	fork_mask = mask;
}
INTERNAL void runtime_parent_after_fork(void)
{
	uint64_t mask = fork_mask;

	runtime_unlock();
	runtime_signals_restore(mask);
}
INTERNAL void runtime_child_after_fork(void)
{
	struct runtime_thread *thread = runtime_thread_current();

	lock = 0;
	thread->tid = 0;
	runtime_child(runtime_thread_current());
	runtime_signals_restore(fork_mask);
}

bool runtime_threads_open(void)
{
	return !pthread_key_create(&end_key, ended) &&
	       !pthread_atfork(runtime_before_fork, runtime_parent_after_fork, runtime_child_after_fork);
}
