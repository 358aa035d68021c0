/*
 * Signal handlers that leave by longjmp, out of whatever they have interrupted: the runtime at every place, a user interrupt's handler,
 * a blocking call. After each jump, with UIF = 1, the thread must hear its own user interrupts and those of others. Prints its seed.
 *
 * usage: jumps [JUMPS [SEED]]
 */
#include "program.h"
#include <poll.h>
#include <setjmp.h>

static volatile uint64_t ran[2];
static volatile int stop;
static volatile pid_t receiver;
static int fds[2];

static void __attribute__((interrupt)) handler(struct __uintr_frame *frame, unsigned long long vector)
{
	(void)frame;
	ran[vector]++;
}

static jmp_buf plain;
static sigjmp_buf masked;
static volatile int keeps_mask, may_jump;

static void leaves(int number)
{
	(void)number;
	if (!may_jump)
		return;
	may_jump = 0;
	if (keeps_mask)
		siglongjmp(masked, 1);
	longjmp(plain, 1);
}

/* User interrupts of another thread, so that notifications come while the runtime is at work too. */
static void *sends(void *unused)
{
	int index = (int)register_sender(fds[1], 0);

	CHECK(index >= 0);
	while (!stop) {
		uint64_t before = ran[1];

		_senduipi((unsigned long long)index);
		for (int i = 0; i < 50 && ran[1] == before; i++)
			sched_yield();
	}
	return unused;
}

static uint64_t state;
static uint64_t chance(void)
{
	state ^= state << 13, state ^= state >> 7, state ^= state << 17;
	return state;
}

/* Of another thread: a timer's would come with the tick. */
static void *signals(void *unused)
{
	uint64_t own = state ^ 0x9e3779b97f4a7c15;

	while (!stop) {
		own ^= own << 13, own ^= own >> 7, own ^= own << 17;
		for (volatile uint64_t i = 0; i < own % 2000; i++)
			;
		if (may_jump)
			syscall(SYS_tgkill, getpid(), receiver, SIGUSR1);
		else
			sched_yield();
	}
	return unused;
}

/* Runs until a signal's handler leaves it. */
static void work(uint64_t choice, int self)
{
	struct pollfd none = { -1, 0, 0 };

	may_jump = 1;
	for (;;)
		switch (choice % 6) {
		case 0: _senduipi((unsigned long long)self); break;
		case 1: _clui(), _stui(); break;
		case 2: _clui(), _senduipi((unsigned long long)self), _stui(); break;
		case 3: wait_for(abi.wait == UINTR_WAIT_FLAGS ? 0 : 200000); break;
		case 4: poll(&none, 1, 1000); break;
		default: _senduipi((unsigned long long)self), call(UINTR_CALL_CREATE_FD, 1, 1, 0);
		}
}

static void hears(const char *what, uint64_t jump, uint64_t choice, const uint64_t start[2])
{
	for (uint64_t begun = now(); ran[0] == start[0] || ran[1] == start[1];) {
		sched_yield();
		if (now() - begun > 60000000000) {
			printf("deaf to %s after jump %lu out of work %lu\n", what, jump, choice);
			failures++;
			exit(end());
		}
	}
}

int main(int argc, char **argv)
{
	uint64_t jumps = argc > 1 ? strtoull(argv[1], NULL, 0) : 300, seed = argc > 2 ? strtoull(argv[2], NULL, 0) : now();
	struct sigaction action = { .sa_handler = leaves, .sa_flags = SA_NODEFER };
	pthread_t threads[2];
	volatile uint64_t jump;
	volatile int self;

	begin();
	printf("seed %lu\n", seed);
	state = seed | 1, receiver = (pid_t)syscall(SYS_gettid);
	sigemptyset(&action.sa_mask);
	sigaction(SIGUSR1, &action, NULL);
	EQUAL(register_handler(handler, 0), 0);
	fds[0] = (int)make_fd(0, 0), fds[1] = (int)make_fd(1, 0);
	self = (int)register_sender(fds[0], 0);
	CHECK(self >= 0);
	_stui();
	pthread_create(&threads[0], NULL, sends, NULL);
	pthread_create(&threads[1], NULL, signals, NULL);
	for (jump = 0; jump < jumps; jump++) {
		volatile uint64_t choice = chance();
		uint64_t start[2];

		keeps_mask = choice >> 32 & 1;
		if (keeps_mask ? !sigsetjmp(masked, 1) : !setjmp(plain))
			work(choice, self);
		/* The jump may have left a handler, where UIF is 0. */
		_stui();
		start[0] = ran[0], start[1] = ran[1];
		/* Others, without another instruction of this thread's; then itself. */
		start[0]--;
		hears("others", jump, choice % 6, start);
		start[1]--;
		start[0] = ran[0];
		_senduipi((unsigned long long)self);
		hears("itself", jump, choice % 6, start);
	}
	stop = 1;
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	_clui();
	EQUAL(unregister_handler(0), 0);
	printf("%lu jumps, %lu handlers\n", jumps, ran[0] + ran[1]);
	return end();
}
