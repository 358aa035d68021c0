/* From the send to what the receiver does about it: there and back, one way, and out of a sleep. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

/* Events before those that are counted: the instructions are patched, the pages are there. */
#define WARM_UP 64
/* How long a receiver that goes to sleep is given for it, in nanoseconds. */
#define ASLEEP 50000

static void on_signal(int number, siginfo_t *info, void *context)
{
	(void)number, (void)info, (void)context;
	interrupted->seen++;
}

static void handle_signal(void)
{
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART };

	sigemptyset(&action.sa_mask);
	if (sigaction(SIGUSR1, &action, NULL))
		fail("sigaction");
}

static void send(const struct side *side, int process, uint64_t index)
{
	if (side->way == UINTR)
		send_interrupt(index);
	else
		syscall(SYS_tgkill, process, side->other->tid, SIGUSR1);
}

static void await(const volatile uint64_t *word, uint64_t value)
{
	while (*word < value)
		relax();
}

/* A thread that is interrupted by the other, and interrupts it where `both`. */
struct ends {
	int process, fd;
	uint64_t index;
};

static struct ends open_ends(struct side *side, bool receives, bool sends)
{
	struct ends ends = { .process = getpid(), .fd = -1 };

	if (side->way == UINTR && receives)
		ends.fd = side->fd = open_receiver(false);
	meet(side);
	if (side->way == UINTR && sends)
		ends.index = connect_sender(side->other->fd);
	if (side->way == UINTR && receives)
		set_uif();
	meet(side);
	return ends;
}

static void close_ends(struct side *side, struct ends ends, bool receives, bool sends)
{
	meet(side);
	if (side->way == UINTR && sends)
		disconnect_sender(side->other->fd, ends.index);
	meet(side);
	if (side->way == UINTR && receives) {
		clear_uif();
		close_receiver(ends.fd);
	}
}

static void record(const struct side *side, uint64_t event, uint64_t time)
{
	if (event > WARM_UP)
		side->result->event[event - WARM_UP - 1] = time;
}

static void serve(struct side *side)
{
	struct ends ends = open_ends(side, true, true);

	for (uint64_t event = 1; event <= side->count + WARM_UP; event++) {
		uint64_t start = now();

		send(side, ends.process, ends.index);
		await(&side->seen, event);
		record(side, event, now() - start);
	}
	close_ends(side, ends, true, true);
}

static void give_back(struct side *side)
{
	struct ends ends = open_ends(side, true, true);

	for (uint64_t event = 1; event <= side->count + WARM_UP; event++) {
		await(&side->seen, event);
		send(side, ends.process, ends.index);
	}
	close_ends(side, ends, true, true);
}

void round_trip(enum way way, uint64_t count, struct result *result)
{
	handle_signal();
	run_sides(serve, give_back, way, count, result);
}

/* The time ends when the receiver's main code, back from the handler, has said so in memory. */
static void send_each(struct side *side)
{
	struct ends ends = open_ends(side, false, true);

	for (uint64_t event = 1; event <= side->count + WARM_UP; event++) {
		uint64_t start = now();

		send(side, ends.process, ends.index);
		await(&side->other->answered, event);
		record(side, event, now() - start);
	}
	close_ends(side, ends, false, true);
}

static void answer_each(struct side *side)
{
	struct ends ends = open_ends(side, true, false);

	for (uint64_t event = 1; event <= side->count + WARM_UP; event++) {
		await(&side->seen, event);
		side->answered = event;
	}
	close_ends(side, ends, true, false);
}

void one_way(enum way way, uint64_t count, struct result *result)
{
	handle_signal();
	run_sides(send_each, answer_each, way, count, result);
}

static void wake_each(struct side *side)
{
	uint64_t index = 0, one = 1;

	meet(side);
	if (side->way == UINTR)
		index = connect_sender(side->other->fd);
	for (uint64_t event = 1; event <= side->count + WARM_UP; event++) {
		uint64_t start;

		await(&side->other->asleep, event);
		for (start = now(); now() - start < ASLEEP;)
			relax();
		start = now();
		if (side->way == UINTR)
			send_interrupt(index);
		else if (write(side->other->fd, &one, sizeof(one)) != sizeof(one))
			fail("write to an eventfd");
		await(&side->other->answered, event);
		record(side, event, now() - start);
	}
	if (side->way == UINTR)
		disconnect_sender(side->other->fd, index);
	meet(side);
}

/* UIF = 0 from the announcement to the sleep: what comes in between ends the wait, and STUI has the handler run. */
static void sleep_until_interrupted(struct side *side)
{
	side->fd = open_receiver(true);
	meet(side);
	for (uint64_t event = 1; event <= side->count + WARM_UP; event++) {
		side->asleep = event;
		while (side->seen < event) {
			wait_for_interrupt();
			set_uif();
			clear_uif();
		}
		side->answered = event;
	}
	meet(side);
	close_receiver(side->fd);
}

static void sleep_in_read(struct side *side)
{
	uint64_t value;

	side->fd = eventfd(0, EFD_CLOEXEC);
	if (side->fd < 0)
		fail("eventfd");
	meet(side);
	for (uint64_t event = 1; event <= side->count + WARM_UP; event++) {
		side->asleep = event;
		if (read(side->fd, &value, sizeof(value)) != sizeof(value))
			fail("read of an eventfd");
		side->answered = event;
	}
	meet(side);
	close(side->fd);
}

void blocked_wakeup(enum way way, uint64_t count, struct result *result)
{
	run_sides(wake_each, way == UINTR ? sleep_until_interrupted : sleep_in_read, way, count, result);
}
