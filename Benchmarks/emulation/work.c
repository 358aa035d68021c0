/* What user interrupts take from the thread's own code: the flag, and a flood. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>

#include "bench.h"

static void nothing(struct side *side) { (void)side; }

static void switch_flag(struct side *side)
{
	sigset_t set;
	int fd = -1;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	if (side->way == UINTR) {
		fd = open_receiver(false);
		flag_pairs(PAIRS);
	}
	for (uint64_t event = 0; event < side->count; event++) {
		uint64_t start = now();

		if (side->way == UINTR)
			flag_pairs(PAIRS);
		else
			for (int pair = 0; pair < PAIRS; pair++) {
				pthread_sigmask(SIG_BLOCK, &set, NULL);
				pthread_sigmask(SIG_UNBLOCK, &set, NULL);
			}
		side->result->event[event] = now() - start;
	}
	if (side->way == UINTR) {
		clear_uif();
		close_receiver(fd);
	}
}

void flags(enum way way, uint64_t count, struct result *result) { run_sides(switch_flag, nothing, way, count, result); }

/* Sends at the rate, or lets the time pass; what it is late by up to 0.1 ms it makes up for. */
static void pace(struct side *side)
{
	const uint64_t period = 1000000000 / FLOOD_RATE;
	uint64_t index = 0, sends = 0, start, next, time;

	meet(side);
	if (side->way == UINTR)
		index = connect_sender(side->other->fd);
	meet(side);
	start = next = now();
	while (!side->other->stop) {
		while ((time = now()) < next)
			relax();
		if (side->way == UINTR)
			send_interrupt(index);
		sends++;
		next = time > next + 100000 ? time : next + period;
	}
	side->result->rate = sends * 1000000000 / (now() - start + 1);
	if (side->way == UINTR)
		disconnect_sender(side->other->fd, index);
	meet(side);
}

/* A microsecond or two of arithmetic in registers. */
static uint64_t unit(uint64_t state)
{
	for (int i = 0; i < 1000; i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
	}
	return state;
}

static void work(struct side *side)
{
	uint64_t start, units = 0, elapsed;
	volatile uint64_t state = 88172645463325252ull;

	if (side->way == UINTR)
		side->fd = open_receiver(false);
	meet(side);
	if (side->way == UINTR)
		set_uif();
	meet(side);
	start = now();
	do {
		state = unit(state);
		units++;
		elapsed = now() - start;
	} while (elapsed < side->count * 1000000);
	side->stop = true;
	side->result->speed = units * 1000000000 / elapsed;
	meet(side);
	if (side->way == UINTR) {
		clear_uif();
		close_receiver(side->fd);
	}
}

void flood(enum way way, uint64_t count, struct result *result) { run_sides(pace, work, way, count, result); }
