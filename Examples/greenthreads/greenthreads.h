/* Green threads on one thread of the system, preempted at the end of each quantum by one of three drivers. */
#ifndef GREENTHREADS_H
#define GREENTHREADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- drivers.c: what ends a quantum ------------------------------------------------------------------------------------ */

/**
 * All but the last three functions run on the thread that runs the green threads, the worker.
 *
 * Masked means that the scheduler's own code cannot be preempted: UIF = 0, or the signal blocked. Invariant: both sides of
 * greenthreads_switch are masked. A handler starts so by itself; who comes back into a handler is unmasked by its end (UIRET,
 * sigreturn), and who comes back into a call unmasks by `unmask`.
 */
struct driver {
	const char *name;
	/** Ready to be preempted, and masked. */
	void (*open)(void);
	void (*close)(void);
	void (*mask)(void);
	void (*unmask)(void);
	/** Around what a green thread must not be preempted in: what takes locks that another green thread may want (malloc). */
	void (*enter_critical)(void);
	void (*leave_critical)(void);
	/** The tasks' loops call greenthreads_safepoint(). */
	bool polls;
	/** On the timer's thread. */
	void (*connect)(void);
	void (*disconnect)(void);
	/** End the worker's quantum. */
	void (*kick)(void);
};

extern const struct driver driver_none, driver_uintr, driver_signal, driver_polling;

/** Set by the driver `polling`, cleared by the scheduler. */
extern bool polling_flag;

/** The name of the ABI under the driver `uintr`; NULL before its first `open`. */
const char *driver_uintr_abi(void);

/* --- scheduler.c ------------------------------------------------------------------------------------------------------- */

struct task;
typedef uint64_t (*task_function)(const struct task *task);

struct task {
	task_function run;
	uint64_t steps, seed;
	/** Nanoseconds of the worker's time after the start. */
	uint64_t arrival;
	bool is_short;

	/* The scheduler's. */
	void *sp, *stack;
	struct task *next;
	uint64_t result, finished;
	uint32_t preemptions;
	bool is_done;
};

struct run {
	const struct driver *driver;
	uint64_t quantum;
	struct task *tasks;
	size_t count;
	/** The timer's thread never sleeps: exact quanta, and a CPU of its own. */
	bool spins;

	/* Results: what the worker took, and how much idle time was skipped, in nanoseconds. */
	uint64_t cpu_time, skipped;
	uint64_t preemptions;
	/** The timer's thread goes before all ordinary ones; it may where the user may use SCHED_FIFO. */
	bool is_realtime;
	/** Quanta that ended: sent by the timer; arrived when their quantum was over already. */
	uint64_t kicks, stale;
	/** Sum of the lengths of the quanta that were ended. */
	uint64_t preempted_time;
};

/** Runs all tasks, in the order of their arrival and round robin, on the calling thread. */
void greenthreads_run(struct run *run);

/** The current green thread; only from one. */
struct task *greenthreads_current(void);

/** Called by a handler, masked: if the quantum is over, the others run first. */
void greenthreads_preempt(void);

/** Gives way if the quantum is over. Not masked. */
void greenthreads_yield(void);

static inline void greenthreads_safepoint(void)
{
	if (__builtin_expect(__atomic_load_n(&polling_flag, __ATOMIC_RELAXED), 0))
		greenthreads_yield();
}

/** The driver of the run that is on. */
extern const struct driver *greenthreads_driver;

/** Nanoseconds of CLOCK_MONOTONIC. */
uint64_t now(void);

/** Nanoseconds of CPU time of the calling thread. */
uint64_t cpu_time(void);

/* --- workload.c -------------------------------------------------------------------------------------------------------- */

/** How many kinds of task there are, and their names. */
size_t workload_kinds(void);
const char *workload_kind_name(size_t kind);
task_function workload_kind(size_t kind, bool polls);

/** Steps of each kind that take a microsecond here; measured once. */
double workload_steps(size_t kind);

/** Runs until it was preempted `steps` times, or for 20 s; the number of preemptions. */
uint64_t workload_wait_for_preemption(const struct task *task);

#endif
