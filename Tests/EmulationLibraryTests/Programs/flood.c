/*
 * Threads send as fast as they can, each round acknowledged in shared counters; the receiver's main loop allocates, formats, locks
 * and forks the while. A send that finds its vector pending coalesces, so what must hold is: after each burst the handler runs
 * for it once more at least, and never more often than there were sends.
 */
#include "program.h"

enum { SENDERS = 2, SENDS = 20000 };
static volatile uint64_t ran[64], sent[64];
static volatile int done;
static int fds[SENDERS];

static void __attribute__((interrupt)) handler(struct __uintr_frame *frame, unsigned long long vector)
{
	(void)frame;
	ran[vector]++;
}

static void *sender(void *which)
{
	long own = (long)which;
	int index = (int)register_sender(fds[own], 0);

	CHECK(index >= 0);
	for (int i = 0; i < SENDS; i++) {
		uint64_t before = ran[own];

		sent[own]++;
		_senduipi((unsigned long long)index);
		/* Every sixteenth is waited for: a lost one shows as a hang, which the alarm ends. */
		if (i % 16 == 0)
			while (ran[own] == before)
				sched_yield();
	}
	__atomic_fetch_add(&done, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

int main(void)
{
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_t threads[SENDERS];
	uint64_t rounds = 0;

	begin();
	EQUAL(register_handler(handler, 0), 0);
	for (long i = 0; i < SENDERS; i++)
		fds[i] = (int)make_fd((uint64_t)i, 0);
	_stui();
	for (long i = 0; i < SENDERS; i++)
		pthread_create(&threads[i], NULL, sender, (void *)i);
	while (done < SENDERS) {
		char text[64], *memory = malloc(100 + rounds % 5000);

		pthread_mutex_lock(&lock);
		snprintf(text, sizeof(text), "%lu %p", rounds, (void *)memory);
		CHECK(strtoul(text, NULL, 10) == rounds);
		pthread_mutex_unlock(&lock);
		free(memory);
		if (rounds++ % 1000 == 0) {
			pid_t child = fork_child();
			int status;

			if (!child)
				_exit(0);
			waitpid(child, &status, 0);
			EQUAL(status, 0);
		}
	}
	for (int i = 0; i < SENDERS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < SENDERS; i++) {
		CHECK(ran[i] >= SENDS / 16);
		CHECK(ran[i] <= sent[i]);
	}
	for (int i = SENDERS; i < 64; i++)
		EQUAL(ran[i], 0);
	printf("sent %lu, handled %lu\n", sent[0] + sent[1], ran[0] + ran[1]);
	return end();
}
