/* uintr_wait: what ends it, with which result, and that nothing posted before it or during it is slept through. */
#include "program.h"
#include <setjmp.h>

static volatile uint64_t count;
static volatile int alarms;
static int fd;

static void __attribute__((interrupt)) handler(struct __uintr_frame *frame, unsigned long long vector)
{
	(void)frame, (void)vector;
	count++;
}

static void on_alarm(int number) { (void)number, alarms++; }

static volatile int go;
static volatile uint64_t rounds;

/* Answers each round after a time that sweeps over the receiver's way into its sleep. */
static void *sender(void *unused)
{
	int index = (int)register_sender(fd, 0);

	(void)unused;
	CHECK(index >= 0);
	for (uint64_t i = 1; i <= rounds; i++) {
		while ((uint64_t)go < i)
			sched_yield();
		for (volatile uint64_t delay = 0; delay < i * 137 % 6000; delay++)
			;
		_senduipi((unsigned long long)index);
	}
	return NULL;
}

/* The use of docs/uapi.md: test and sleep, with UIF = 0 in between. */
static void no_lost_wakeup(bool uif)
{
	pthread_t thread;

	count = 0, go = 0, rounds = 1000;
	pthread_create(&thread, NULL, sender, NULL);
	for (uint64_t i = 1; i <= rounds; i++) {
		uint64_t before = count;
		long result = 0;

		_clui();
		go = (int)i;
		if (uif)
			_stui();
		while (count == before) {
			/* With UIF = 1 the handler may have run before the call: only an ABI with a time gets out then. */
			if (uif && count != before)
				break;
			result = wait_for(uif ? 2000000 : 20000000000);
			CHECK(result == wait_woken() || (uif && (result == 0 || result == -ETIMEDOUT)));
			if (!uif && count == before)
				_stui(), _clui();
		}
		_clui();
		EQUAL(count, before + 1);
	}
	pthread_join(thread, NULL);
	_clui();
}

static void *late(void *unused)
{
	int index = (int)register_sender(fd, 0);
	struct timespec time = { 0, 30000000 };

	(void)unused;
	nanosleep(&time, NULL);
	_senduipi((unsigned long long)index);
	return NULL;
}

static void kick_later(long microseconds)
{
	struct itimerspec time = { { 0, 0 }, { 0, microseconds * 1000 } };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	timer_t timer;

	timer_create(CLOCK_MONOTONIC, &event, &timer);
	timer_settime(timer, 0, &time, NULL);
}

static void action(int flags)
{
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = flags };

	sigemptyset(&action.sa_mask);
	sigaction(SIGUSR1, &action, NULL);
}

static volatile long inner;

/* Within a handler, UIF = 0, another one is waited for: what ends the wait is what comes next, ON or not. */
static void __attribute__((interrupt)) waiting_handler(struct __uintr_frame *frame, unsigned long long vector)
{
	(void)frame, (void)vector;
	if (count++ == 0) {
		go = 2;
		inner = wait_for(20000000000);
	}
}

static void *send_two(void *unused)
{
	int index = (int)register_sender(fd, 0);

	(void)unused;
	for (int i = 1; i <= 2; i++) {
		while (go < i)
			sched_yield();
		for (volatile int delay = 0; delay < 1000000; delay++)
			;
		_senduipi((unsigned long long)index);
	}
	return NULL;
}

static void wait_within_a_handler(void)
{
	pthread_t thread;

	close(fd);
	EQUAL(unregister_handler(0), 0);
	EQUAL(register_handler(waiting_handler, abi.handler_flags ? UINTR_HANDLER_FLAG_WAITING_SENDER : 0), 0);
	fd = (int)make_fd(3, 0);
	count = 0, go = 1, inner = 1;
	pthread_create(&thread, NULL, send_two, NULL);
	_stui();
	for (uint64_t start = now(); count < 2 && now() - start < 25000000000;)
		sched_yield();
	pthread_join(thread, NULL);
	EQUAL(inner, wait_woken());
	EQUAL(count, 2);
	_clui();
}

static sigjmp_buf out;
static volatile bool leaves;

static bool comes(uint64_t wanted)
{
	for (uint64_t start = now(); count < wanted && now() - start < 5000000000;)
		sched_yield();
	return count >= wanted;
}

/* A user interrupt comes while a signal handler runs in the middle of a wait; the handler returns, or leaves the wait by a jump. */
static void on_signal_with_interrupt(int number)
{
	uint64_t before = count;

	(void)number;
	alarms++;
	go = (int)alarms;
	CHECK(comes(before + 1));
	if (leaves)
		siglongjmp(out, 1);
}

static void *answer_signals(void *unused)
{
	int index = (int)register_sender(fd, 0);

	(void)unused;
	for (int i = 1; i <= (int)rounds; i++) {
		while (go < i)
			sched_yield();
		_senduipi((unsigned long long)index);
	}
	return NULL;
}

/* The signals are for the thread that waits. */
static pthread_t answerer(void)
{
	pthread_t thread;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	pthread_create(&thread, NULL, answer_signals, NULL);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	return thread;
}

static void signals_within(bool jumps)
{
	struct sigaction action = { .sa_handler = on_signal_with_interrupt };
	pthread_t thread;

	sigemptyset(&action.sa_mask);
	sigaction(SIGUSR1, &action, NULL);
	count = 0, go = 0, alarms = 0, rounds = 20, leaves = jumps;
	thread = answerer();
	_stui();
	for (uint64_t i = 1; i <= rounds; i++) {
		kick_later(2000);
		if (!sigsetjmp(out, 1))
			EQUAL(wait_for(20000000000), wait_woken());
		EQUAL(count, i);
	}
	pthread_join(thread, NULL);
	/* Nothing of a wait that was left stays behind: what is sent now is heard at once. */
	go = 0, rounds = 1;
	thread = answerer();
	go = 1;
	CHECK(comes(21));
	pthread_join(thread, NULL);
	_clui();
}

int main(void)
{
	pthread_t thread;
	uint64_t start;
	int self;

	begin();
	EQUAL(register_handler(handler, abi.handler_flags ? UINTR_HANDLER_FLAG_WAITING_SENDER : 0), 0);
	fd = (int)make_fd(3, 0);
	CHECK(fd >= 0);

	/* The time. */
	if (abi.wait != UINTR_WAIT_FLAGS) {
		start = now();
		EQUAL(wait_for(20000000), abi.wait == UINTR_WAIT_USEC_FLAGS ? 0 : -ETIMEDOUT);
		CHECK(now() - start >= 20000000);
	}
	/* A user interrupt from another thread, UIF = 1: its handler has run when the call returns. */
	_stui();
	pthread_create(&thread, NULL, late, NULL);
	EQUAL(wait_for(20000000000), wait_woken());
	EQUAL(count, 1);
	pthread_join(thread, NULL);
	/* UIF = 0: the wait ends all the same, and again while it is pending. */
	_clui();
	self = (int)register_sender(fd, 0);
	CHECK(self >= 0);
	_senduipi((unsigned long long)self);
	EQUAL(wait_for(20000000000), wait_woken());
	EQUAL(wait_for(20000000000), wait_woken());
	EQUAL(count, 1);
	_stui();
	for (start = now(); count < 2 && now() - start < 1000000000;)
		;
	EQUAL(count, 2);
	/* Signals: with SA_RESTART only the project's wait goes on. */
	action(0);
	kick_later(20000);
	EQUAL(wait_for(20000000000), -EINTR);
	EQUAL(alarms, 1);
	if (abi.wait != UINTR_WAIT_FLAGS) {
		action(SA_RESTART);
		kick_later(20000);
		start = now();
		EQUAL(wait_for(100000000), abi.wait == UINTR_WAIT_USEC_FLAGS ? -EINTR : -ETIMEDOUT);
		EQUAL(alarms, 2);
		if (abi.wait == UINTR_WAIT_DEADLINE_FLAGS)
			CHECK(now() - start >= 100000000);
	}
	signals_within(false);
	signals_within(true);
	no_lost_wakeup(false);
	if (abi.wait != UINTR_WAIT_FLAGS)
		no_lost_wakeup(true);
	wait_within_a_handler();
	/* 6.0, without a WAITING flag: not woken. */
	if (abi.handler_flags) {
		close(fd);
		pthread_t other;

		EQUAL(unregister_handler(0), 0);
		(void)other;
	}
	return end();
}
