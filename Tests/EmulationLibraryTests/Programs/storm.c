/*
 * Everything at once: senders in threads and in a forked process, timer signals whose handlers use the instructions, masks,
 * CLUI and STUI, waits, connections that come and go, threads that register and end. Each request is answered by the handler that
 * it is for, or the alarm ends the program. Prints its seed.
 */
#include "program.h"
#include <sys/mman.h>
#include <sys/time.h>

enum { ROUNDS = 1000 };
static struct shared {
	volatile uint64_t asked[3], answered[3], ran[64];
	volatile int stop;
} *shared;
static int fds[3];
static volatile uint64_t timers;
static __thread volatile uint64_t mine;

static void __attribute__((interrupt)) handler(struct __uintr_frame *frame, unsigned long long vector)
{
	(void)frame;
	shared->ran[vector]++;
	if (vector < 3)
		shared->answered[vector] = shared->asked[vector];
}

static void __attribute__((interrupt)) own_handler(struct __uintr_frame *frame, unsigned long long vector)
{
	(void)frame, (void)vector;
	mine++;
}

static void on_timer(int number)
{
	bool uif = _testui();

	(void)number;
	timers++;
	_clui();
	CHECK(!_testui());
	if (uif)
		_stui();
}

/* Asks, and sees the answer to this very question: a lost interrupt never ends, an invented one answers too early. */
static void ask(long which, int index, uint64_t rounds)
{
	for (uint64_t i = 1; i <= rounds; i++) {
		shared->asked[which] = i;
		_senduipi((unsigned long long)index);
		while (shared->answered[which] < i)
			sched_yield();
	}
}

static void *sender(void *argument)
{
	long which = (long)argument;

	for (int part = 0; part < 10; part++) {
		int index = (int)register_sender(fds[which], 0);

		CHECK(index >= 0);
		for (uint64_t i = 1; i <= ROUNDS / 10; i++) {
			uint64_t question = shared->asked[which] + 1;

			shared->asked[which] = question;
			_senduipi((unsigned long long)index);
			while (shared->answered[which] < question)
				sched_yield();
		}
		EQUAL(unregister_sender(is_v1() ? fds[which] : index, 0), 0);
	}
	return NULL;
}

/* Threads that are receivers for a moment. */
static void *comes_and_goes(void *unused)
{
	(void)unused;
	while (!shared->stop) {
		int fd, index;

		EQUAL(register_handler(own_handler, 0), 0);
		fd = (int)make_fd(40, 0);
		index = (int)register_sender(fd, 0);
		CHECK(index >= 0);
		mine = 0;
		_stui();
		for (uint64_t i = 1; i <= 5; i++) {
			_senduipi((unsigned long long)index);
			while (mine < i)
				sched_yield();
		}
		_clui();
		EQUAL(unregister_sender(is_v1() ? fd : index, 0), 0);
		close(fd);
		EQUAL(unregister_handler(0), 0);
		usleep(2000);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : now(), random = seed | 1;
	struct itimerval time = { { 0, 997 }, { 0, 997 } };
	struct sigaction action = { .sa_handler = on_timer, .sa_flags = SA_RESTART };
	pthread_t threads[3];
	sigset_t all, none;
	pid_t child;
	int status;

	begin();
	printf("seed %lu\n", seed);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	sigfillset(&all);
	sigemptyset(&none);
	sigfillset(&action.sa_mask);
	sigaction(SIGVTALRM, &action, NULL);
	EQUAL(register_handler(handler, 0), 0);
	for (int i = 0; i < 3; i++)
		fds[i] = (int)make_fd((uint64_t)i, 0);
	child = fork_child();
	if (!child) {
		ask(2, (int)register_sender(fds[2], 0), ROUNDS);
		_exit(failures ? 1 : 0);
	}
	setitimer(ITIMER_VIRTUAL, &time, NULL);
	_stui();
	pthread_create(&threads[0], NULL, sender, (void *)0);
	pthread_create(&threads[1], NULL, sender, (void *)1);
	pthread_create(&threads[2], NULL, comes_and_goes, NULL);
	while (shared->answered[0] < ROUNDS || shared->answered[1] < ROUNDS || shared->answered[2] < ROUNDS) {
		random ^= random << 13, random ^= random >> 7, random ^= random << 17;
		switch (random % 8) {
		case 0: _clui(), sched_yield(), _stui(); break;
		case 1: sigprocmask(SIG_BLOCK, &all, NULL), getppid(), sigprocmask(SIG_SETMASK, &none, NULL); break;
		case 2: free(malloc(random % 9000)); break;
		case 3: _clui(), wait_for(100000 + random % 300000), _stui(); break;
		case 4: usleep(random % 200); break;
		case 5: CHECK(_testui()); break;
		case 6: { char text[64]; snprintf(text, sizeof(text), "%lu", random); CHECK(strtoull(text, NULL, 10) == random); } break;
		default: for (volatile uint64_t i = 0; i < random % 2000; i++);
		}
	}
	shared->stop = 1;
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	waitpid(child, &status, 0);
	EQUAL(status, 0);
	for (int i = 3; i < 64; i++)
		EQUAL(shared->ran[i], 0);
	for (int i = 0; i < 3; i++)
		CHECK(shared->ran[i] <= ROUNDS + 3 && shared->ran[i] >= ROUNDS / 3);
	_clui();
	EQUAL(unregister_handler(0), 0);
	printf("handlers %lu %lu %lu, timers %lu\n", shared->ran[0], shared->ran[1], shared->ran[2], timers);
	return end();
}
