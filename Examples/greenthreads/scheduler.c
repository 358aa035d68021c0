/* The scheduler: one queue, round robin, and a second thread that ends the quanta. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "greenthreads.h"

/*
 * A delivery takes uintr_handler_stack_use() bytes, at most 4 KiB; a signal frame about as much, and with an emulation both
 * come; the rest is for the task. Below lies a page that faults.
 */
#define STACK_SIZE (64 << 10)
#define GUARD_SIZE 4096

/* As a program starts: MXCSR in the low half, the x87 control word in the high one. */
#define INITIAL_CONTROL_WORDS (0x1f80ull | 0x37full << 32)

void greenthreads_switch(void **from, void *to);
void greenthreads_start(void);
void greenthreads_main(void);

const struct driver *greenthreads_driver = &driver_none;

/* Touched by the worker alone, and by its handler only while not masked, so never at once. */
static struct {
	struct run *run;
	/* worker_time() is the thread's CPU time less `start`. */
	uint64_t start;
	struct task *current;
	struct task *head, **tail;
	size_t arrived, left;
	void *loop;
	void *free_stacks;
} worker;

/* When the current quantum began; 0: none is on. The worker writes it, the timer reads it. Every value is new. */
static uint64_t quantum_began;
static bool timer_stops;
static uint64_t timer_kicks;
static pthread_barrier_t timer_ready;

static uint64_t read_clock(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

uint64_t now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

uint64_t cpu_time(void)
{
	return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

/*
 * Arrivals and ends are in the worker's own CPU time, of which what it would be idle is skipped: so the figures are of the
 * scheduler and not of what else runs on the machine. A quantum is in the time of the wall, as timers are.
 */
static uint64_t worker_time(void)
{
	return cpu_time() - worker.start;
}

static void sleep_until(uint64_t time)
{
	struct timespec until = { (time_t)(time / 1000000000), (long)(time % 1000000000) };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

/* --- green threads ----------------------------------------------------------------------------------------------------- */

struct task *greenthreads_current(void)
{
	return worker.current;
}

static bool quantum_is_over(void)
{
	return now() >= quantum_began + worker.run->quantum;
}

/* Masked. What was sent for a quantum that ended by itself arrives in the next one, and must not cut that short. */
void greenthreads_preempt(void)
{
	struct task *task = worker.current;
	uint64_t length;

	if (!task)
		return;
	if (!quantum_is_over()) {
		worker.run->stale++;
		return;
	}
	length = now() - quantum_began;
	worker.run->preemptions++;
	worker.run->preempted_time += length;
	task->preemptions++;
	greenthreads_switch(&task->sp, worker.loop);
}

void greenthreads_yield(void)
{
	greenthreads_driver->mask();
	__atomic_store_n(&polling_flag, false, __ATOMIC_RELAXED);
	greenthreads_preempt();
	greenthreads_driver->unmask();
}

void greenthreads_main(void)
{
	struct task *task = worker.current;
	uint64_t result;

	greenthreads_driver->unmask();
	result = task->run(task);
	greenthreads_driver->mask();
	task->result = result;
	task->is_done = true;
	greenthreads_switch(&task->sp, worker.loop);
}

static void *new_stack(void)
{
	void **stack = worker.free_stacks;

	if (stack) {
		worker.free_stacks = *stack;
		return stack;
	}
	stack = mmap(NULL, GUARD_SIZE + STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (stack == MAP_FAILED || mprotect(stack, GUARD_SIZE, PROT_NONE)) {
		perror("greenthreads: no memory for one more stack: use fewer tasks or a lower --load");
		exit(EXIT_FAILURE);
	}
	return (char *)stack + GUARD_SIZE;
}

static void prepare(struct task *task)
{
	uint64_t *top;

	task->stack = new_stack();
	top = (uint64_t *)((char *)task->stack + STACK_SIZE);
	*--top = (uint64_t)greenthreads_start;
	for (int i = 0; i < 6; i++)
		*--top = 0;
	*--top = INITIAL_CONTROL_WORDS;
	task->sp = top;
}

static void free_stack(struct task *task)
{
	*(void **)task->stack = worker.free_stacks;
	worker.free_stacks = task->stack;
	task->stack = NULL;
}

static void append(struct task *task)
{
	task->next = NULL;
	*worker.tail = task;
	worker.tail = &task->next;
}

static void take_arrivals(void)
{
	uint64_t time = worker_time();

	while (worker.arrived < worker.run->count && worker.run->tasks[worker.arrived].arrival <= time)
		append(&worker.run->tasks[worker.arrived++]);
}

static void skip_to_arrival(void)
{
	uint64_t time = worker_time(), arrival = worker.run->tasks[worker.arrived].arrival;

	if (arrival > time) {
		worker.start -= arrival - time;
		worker.run->skipped += arrival - time;
	}
}

static void run_one(struct task *task)
{
	uint64_t time = now();

	if (!task->stack)
		prepare(task);
	worker.current = task;
	__atomic_store_n(&polling_flag, false, __ATOMIC_RELAXED);
	__atomic_store_n(&quantum_began, time > quantum_began ? time : quantum_began + 1, __ATOMIC_RELEASE);
	greenthreads_switch(&worker.loop, task->sp);
	worker.current = NULL;
	if (!task->is_done) {
		append(task);
		return;
	}
	task->finished = worker_time();
	free_stack(task);
	worker.left--;
}

/* Masked. */
static void loop(void)
{
	while (worker.left) {
		struct task *task;

		take_arrivals();
		task = worker.head;
		if (!task) {
			skip_to_arrival();
			continue;
		}
		worker.head = task->next;
		if (!worker.head)
			worker.tail = &worker.head;
		run_one(task);
	}
}

/* --- the timer --------------------------------------------------------------------------------------------------------- */

static void nap(const struct run *run, uint64_t until)
{
	if (run->spins)
		__builtin_ia32_pause();
	else
		sleep_until(until);
}

static void *timer(void *argument)
{
	struct run *run = argument;
	uint64_t kicked = 0;

	/* Else the kernel may be 50 us late, and on a busy machine some milliseconds. */
	prctl(PR_SET_TIMERSLACK, 1);
	run->is_realtime = !run->spins && !pthread_setschedparam(pthread_self(), SCHED_FIFO, &(struct sched_param){ .sched_priority = 1 });
	run->driver->connect();
	pthread_barrier_wait(&timer_ready);
	while (!__atomic_load_n(&timer_stops, __ATOMIC_ACQUIRE)) {
		uint64_t began = __atomic_load_n(&quantum_began, __ATOMIC_ACQUIRE), time = now();

		if (began == kicked) {
			nap(run, time + run->quantum / 4);
		} else if (time < began + run->quantum) {
			nap(run, began + run->quantum);
		} else {
			kicked = began;
			timer_kicks++;
			run->driver->kick();
		}
	}
	run->driver->disconnect();
	return NULL;
}

void greenthreads_run(struct run *run)
{
	bool is_timed = run->driver != &driver_none;
	pthread_t thread;
	int failure;

	greenthreads_driver = run->driver;
	worker.run = run;
	worker.head = NULL;
	worker.tail = &worker.head;
	worker.arrived = 0;
	worker.left = run->count;
	quantum_began = timer_kicks = 0;
	timer_stops = false;
	run->driver->open();
	if (is_timed) {
		pthread_barrier_init(&timer_ready, NULL, 2);
		failure = pthread_create(&thread, NULL, timer, run);
		if (failure) {
			errno = failure;
			perror("greenthreads: pthread_create");
			exit(EXIT_FAILURE);
		}
		pthread_barrier_wait(&timer_ready);
	}
	worker.start = cpu_time();
	loop();
	run->cpu_time = worker_time() - run->skipped;
	if (is_timed) {
		__atomic_store_n(&timer_stops, true, __ATOMIC_RELEASE);
		pthread_join(thread, NULL);
		pthread_barrier_destroy(&timer_ready);
		run->kicks = timer_kicks;
	}
	run->driver->close();
	greenthreads_driver = &driver_none;
}
