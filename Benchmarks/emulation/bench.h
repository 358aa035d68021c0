/* What is measured side by side: each measurement runs both of its ways in turn, on the same two CPUs. */
#ifndef BENCH_H
#define BENCH_H
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/** The two ways of a measurement: with user interrupts, and what they are compared with. */
enum way { UINTR, OTHER, WAYS };

/** What one way came to in one round. */
struct result {
	/** Nanoseconds of each event, unsorted, as many as the measurement was asked for; NULL where it counts work. */
	uint64_t *event;
	/** Of measurements that count work: units in a second. Otherwise 0. */
	uint64_t speed;
	/** Sends in a second, where they are paced. Otherwise 0. */
	uint64_t rate;
	/** How often the kernel took the CPU away from one of the two threads. */
	uint64_t preempted;
};

/** One thread of a round. Each has its CPU. */
struct side {
	enum way way;
	/** How many events, or milliseconds, are asked for. */
	uint64_t count;
	struct result *result;
	struct side *other;
	/** What the thread's own handler counts, and what its main code has seen of it. */
	_Alignas(64) volatile uint64_t seen;
	_Alignas(64) volatile uint64_t answered;
	/** The receiver goes to sleep for the event of this number. */
	_Alignas(64) volatile uint64_t asleep;
	volatile bool stop;
	/** Who is to be interrupted: the thread's id, and the descriptor of its vector or its eventfd. */
	volatile int tid, fd;
	/** How often the two have met. */
	volatile uint64_t met;
};

/** Runs the two threads, each on its CPU, until both have returned. */
void run_sides(void (*first)(struct side *), void (*second)(struct side *), enum way way, uint64_t count, struct result *result);
/** The thread that calls is bound to its CPU; `meet` is where it waits for the other. */
void meet(struct side *side);
extern int cpus[2];

/** Nanoseconds of CLOCK_MONOTONIC. */
static inline uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}
static inline void relax(void) { __builtin_ia32_pause(); }

/* calls.c: the chosen ABI. What fails ends the program with 1 and says what it was. */
void open_abi(void);
/** Registers the handler for the calling thread, and returns a descriptor of its vector 0. `waits`: it sleeps in uintr_wait. */
int open_receiver(bool waits);
void close_receiver(int fd);
/** The index for SENDUIPI. */
uint64_t connect_sender(int fd);
void disconnect_sender(int fd, uint64_t index);
/** Sleeps in uintr_wait until a user interrupt is pending. */
void wait_for_interrupt(void);
_Noreturn void fail(const char *what);

/* interrupts.c, built with -muintr. The handler counts in `seen` of the side that its thread has set here. */
extern _Thread_local struct side *interrupted;
void *interrupt_handler(void);
void send_interrupt(uint64_t index);
void set_uif(void);
void clear_uif(void);
void flag_pairs(uint64_t pairs);

/** Pairs of CLUI and STUI that make one event of `flags`. */
#define PAIRS 1000
/** What `flood` sends in a second. */
#define FLOOD_RATE 1000000

/* The measurements. `count` is the events, of `flood` the milliseconds. */
void round_trip(enum way way, uint64_t count, struct result *result);
void one_way(enum way way, uint64_t count, struct result *result);
void blocked_wakeup(enum way way, uint64_t count, struct result *result);
void flags(enum way way, uint64_t count, struct result *result);
void flood(enum way way, uint64_t count, struct result *result);

#endif
