/* Two threads, each on its own CPU. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

int cpus[2];

struct task {
	void (*run)(struct side *);
	struct side *side;
	int cpu;
};

static void *run_task(void *argument)
{
	struct task *task = argument;
	struct rusage before, after;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(task->cpu, &set);
	errno = pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
	if (errno)
		fail("binding a thread to its CPU");
	task->side->tid = (int)syscall(SYS_gettid);
	interrupted = task->side;
	getrusage(RUSAGE_THREAD, &before);
	task->run(task->side);
	getrusage(RUSAGE_THREAD, &after);
	__atomic_fetch_add(&task->side->result->preempted, (uint64_t)(after.ru_nivcsw - before.ru_nivcsw), __ATOMIC_SEQ_CST);
	return NULL;
}

void run_sides(void (*first)(struct side *), void (*second)(struct side *), enum way way, uint64_t count, struct result *result)
{
	static struct side sides[2];
	struct task tasks[2] = { { first, &sides[0], cpus[0] }, { second, &sides[1], cpus[1] } };
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		sides[i] = (struct side){ .way = way, .count = count, .result = result, .other = &sides[1 - i], .fd = -1 };
	for (int i = 0; i < 2; i++)
		if ((errno = pthread_create(&threads[i], NULL, run_task, &tasks[i])))
			fail("pthread_create");
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
}

void meet(struct side *side)
{
	side->met++;
	/* The other's thread may share this CPU with much else. */
	for (uint64_t turn = 1; side->other->met < side->met; turn++)
		if (turn % 1024)
			relax();
		else
			sched_yield();
}
