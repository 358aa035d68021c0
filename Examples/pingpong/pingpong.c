/*
 * pingpong --rounds N [--spin]: two threads interrupt each other in turn, by user interrupts and by tgkill.
 *
 * Without --spin a thread that waits blocks, in uintr_wait() and in sigsuspend(). Each handler counts, and each turn expects
 * one more: exit 0 if all came, 1 if not, 4 with a sentence where there are no user interrupts, 64 wrong usage.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "../common/find_abi.h"

/* Uintr-next 6.0 does not look for what was posted before it sleeps: there a wait must end by itself. */
#define LONGEST_WAIT_USEC 1000
#define PATIENCE 20000000000ull
#define TURN_SIGNAL SIGUSR1

/* Each side is one of two threads; only its handler counts, only its thread looks. */
struct side {
	_Alignas(64) volatile uint64_t taken;
	pthread_t thread;
	uintr_fd fd;
	uintr_index to_other;
};

static struct uintr_abi abi;
static struct side sides[2];
static __thread struct side *own;
static uint64_t rounds = 20000;
static bool spins, failed;
static pthread_barrier_t barrier;

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* --- user interrupts --------------------------------------------------------------------------------------------------- */

static void on_user_interrupt(void *context, struct uintr_frame *frame, uint64_t vector)
{
	struct side *side = context;

	(void)frame, (void)vector;
	side->taken++;
}

/*
 * With UIF = 0. A thread that slept with UIF = 1 could be interrupted between its look at the counter and the sleep, and sleep
 * past what it waits for; with UIF = 0 the interrupt stays pending, and ends the wait.
 */
static void wait_once(void)
{
	switch (abi.wait) {
	case UINTR_WAIT_DEADLINE_FLAGS:
		uintr_wait_deadline(&abi, now() + 1000 * LONGEST_WAIT_USEC, 0);
		break;
	case UINTR_WAIT_USEC_FLAGS:
		uintr_wait_usec(&abi, LONGEST_WAIT_USEC, 0);
		break;
	default:
		/* RFC v1 has no time to end the wait by, and may miss what was posted before it. */
		sched_yield();
	}
}

static void uintr_await(uint64_t count)
{
	uint64_t until = now() + PATIENCE;

	uintr_clui();
	while (own->taken < count && now() < until) {
		if (!spins)
			wait_once();
		uintr_stui();
		if (spins)
			__builtin_ia32_pause();
		uintr_clui();
	}
	uintr_stui();
}

static void uintr_send(void)
{
	uintr_senduipi((uint64_t)own->to_other.value);
}

static void uintr_open(struct side *other)
{
	/* Where waits are told apart at all, this one is to be ended by the sender's fault. */
	unsigned int flags = abi.handler_flags & UINTR_HANDLER_FLAG_WAITING_SENDER;
	const void *entry = uintr_handler_entry_address();
	int result;

	check("saving the registers' state (XSAVE)", uintr_handler_set(on_user_interrupt, own));
	result = uintr_register_handler(&abi, entry, flags);
	/* A kernel without CONFIG_X86_UINTR_BLOCKING takes no flag; the time alone ends a wait there. */
	if (result == -EINVAL && flags)
		result = uintr_register_handler(&abi, entry, 0);
	check("uintr_register_handler", result);
	own->fd.value = check("a descriptor for vector 0", make_descriptor(&abi, 0));
	pthread_barrier_wait(&barrier);
	own->to_other.value = check("uintr_register_sender", uintr_register_sender(&abi, other->fd, 0));
	uintr_stui();
}

static void uintr_close(struct side *other)
{
	check("uintr_unregister_sender", unregister_sender(&abi, other->fd, own->to_other));
	pthread_barrier_wait(&barrier);
	uintr_clui();
	check("uintr_unregister_handler", uintr_unregister_handler(&abi, 0));
	close(own->fd.value);
}

/* --- signals ----------------------------------------------------------------------------------------------------------- */

static sigset_t turn_signal, others;

static void on_signal(int number)
{
	(void)number;
	own->taken++;
}

static void signal_await(uint64_t count)
{
	pthread_sigmask(SIG_BLOCK, &turn_signal, NULL);
	while (own->taken < count) {
		if (!spins) {
			sigsuspend(&others);
			continue;
		}
		pthread_sigmask(SIG_UNBLOCK, &turn_signal, NULL);
		while (own->taken < count)
			__builtin_ia32_pause();
		pthread_sigmask(SIG_BLOCK, &turn_signal, NULL);
	}
	pthread_sigmask(SIG_UNBLOCK, &turn_signal, NULL);
}

static void signal_send(void)
{
	pthread_kill(sides[own == &sides[0]].thread, TURN_SIGNAL);
}

static void signal_open(struct side *other)
{
	(void)other;
}

/* --- the game ---------------------------------------------------------------------------------------------------------- */

static const struct way {
	const char *name;
	void (*open)(struct side *other);
	void (*send)(void);
	void (*await)(uint64_t count);
	void (*close)(struct side *other);
} ways[2] = {
	{ "user interrupts", uintr_open, uintr_send, uintr_await, uintr_close },
	{ "tgkill", signal_open, signal_send, signal_await, signal_open },
};

static void play(const struct way *way)
{
	struct side *other = &sides[own == &sides[0]];

	own->taken = 0;
	way->open(other);
	pthread_barrier_wait(&barrier);
	for (uint64_t round = 1; round <= rounds && !__atomic_load_n(&failed, __ATOMIC_RELAXED); round++) {
		if (own == &sides[0])
			way->send();
		way->await(round);
		if (own->taken != round && !__atomic_exchange_n(&failed, true, __ATOMIC_RELAXED))
			fprintf(stderr, "pingpong: %s: %lu interrupts were sent to thread %d, %lu came\n", way->name, round,
				(int)(own - sides), own->taken);
		if (own == &sides[1])
			way->send();
	}
	pthread_barrier_wait(&barrier);
	way->close(other);
}

static void *second_thread(void *argument)
{
	(void)argument;
	own = &sides[1];
	own->thread = pthread_self();
	for (size_t i = 0; i < 2; i++)
		play(&ways[i]);
	return NULL;
}

static _Noreturn void usage(void)
{
	fprintf(stderr, "usage: pingpong [--rounds N] [--spin]\n");
	exit(EXIT_USAGE);
}

static void parse_options(int count, char **words)
{
	static const struct option known[] = {
		{ "rounds", required_argument, NULL, 'r' }, { "spin", no_argument, NULL, 's' }, { 0 },
	};
	int option;
	char *end;

	while ((option = getopt_long(count, words, "", known, NULL)) != -1)
		switch (option) {
		case 'r':
			rounds = strtoul(optarg, &end, 10);
			if (*end || !rounds || rounds > 1000000000)
				usage();
			break;
		case 's': spins = true; break;
		default: usage();
		}
	if (optind != count)
		usage();
}

int main(int count, char **words)
{
	struct sigaction action = { .sa_handler = on_signal };
	uint64_t times[2];
	pthread_t thread;

	parse_options(count, words);
	find_abi(&abi);
	sigemptyset(&turn_signal);
	sigaddset(&turn_signal, TURN_SIGNAL);
	pthread_sigmask(SIG_SETMASK, NULL, &others);
	sigdelset(&others, TURN_SIGNAL);
	sigaction(TURN_SIGNAL, &action, NULL);
	pthread_barrier_init(&barrier, NULL, 2);
	own = &sides[0];
	own->thread = pthread_self();
	if (pthread_create(&thread, NULL, second_thread, NULL)) {
		fprintf(stderr, "pingpong: no thread could be made: look at \"ulimit -u\"\n");
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < 2; i++) {
		uint64_t start = now();

		play(&ways[i]);
		times[i] = now() - start;
	}
	pthread_join(thread, NULL);
	if (failed)
		return EXIT_FAILURE;
	printf("pingpong: %lu rounds by %s, %s: all came\n", rounds, abi.name, spins ? "spinning" : "blocking");
	for (size_t i = 0; i < 2; i++)
		printf("  %-16s %8.2f us a round, %.2f of tgkill\n", ways[i].name, (double)times[i] / (double)rounds / 1000,
		       (double)times[i] / (double)times[1]);
	return EXIT_SUCCESS;
}
