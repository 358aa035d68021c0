/* The program's own signals, masks and blocking calls beside user interrupts. */
#include "program.h"
#include <poll.h>
#include <semaphore.h>
#include <setjmp.h>
#include <sys/epoll.h>

static volatile uint64_t count;
static volatile int seen, in_handler;
static int fd;

static void __attribute__((interrupt)) handler(struct __uintr_frame *frame, unsigned long long vector)
{
	(void)frame, (void)vector;
	count++;
}

static volatile int stop;

/* Sends every 200 microseconds until it is told to stop. */
static void *sender(void *unused)
{
	int index = (int)register_sender(fd, 0);
	struct timespec pause = { 0, 200000 };

	(void)unused;
	CHECK(index >= 0);
	while (!stop) {
		_senduipi((unsigned long long)index);
		nanosleep(&pause, NULL);
	}
	return NULL;
}

static void blocking_calls(void)
{
	struct timespec time = { 0, 30000000 }, left = { 0, 0 }, until;
	int pipes[2], epoll = epoll_create1(EPOLL_CLOEXEC);
	struct pollfd one = { -1, POLLIN, 0 };
	struct epoll_event event;
	pthread_t thread;
	fd_set none;
	sigset_t set;
	sem_t semaphore;
	uint64_t start;

	CHECK(!pipe(pipes));
	one.fd = pipes[0];
	sem_init(&semaphore, 0, 0);
	stop = 0, count = 0;
	_stui();
	pthread_create(&thread, NULL, sender, NULL);
	while (!count)
		;
	for (int i = 0; i < 5; i++) {
		start = now();
		EQUAL(nanosleep(&time, &left), 0);
		CHECK(now() - start >= 30000000);
		EQUAL(clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL), 0);
		EQUAL(usleep(20000), 0);
		EQUAL(poll(&one, 1, 20), 0);
		EQUAL(ppoll(&one, 1, &time, NULL), 0);
		sigemptyset(&set);
		EQUAL(ppoll(&one, 1, &time, &set), 0);
		FD_ZERO(&none);
		FD_SET(pipes[0], &none);
		EQUAL(pselect(pipes[0] + 1, &none, NULL, NULL, &time, &set), 0);
		EQUAL(epoll_wait(epoll, &event, 1, 20), 0);
		EQUAL(epoll_pwait(epoll, &event, 1, 20, &set), 0);
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 20000000;
		until.tv_sec += until.tv_nsec / 1000000000, until.tv_nsec %= 1000000000;
		EQUAL(sem_timedwait(&semaphore, &until), -1);
		EQUAL(errno, ETIMEDOUT);
		EQUAL(sleep(0), 0);
		sigaddset(&set, SIGUSR2);
		EQUAL(sigtimedwait(&set, NULL, &time), -1);
		EQUAL(errno, EAGAIN);
	}
	stop = 1;
	pthread_join(thread, NULL);
	CHECK(count > 20);
	_clui();
	close(pipes[0]), close(pipes[1]), close(epoll);
}

/* Everything blocked: instructions work, notifications come. */
static void masks(void)
{
	sigset_t all, old;
	int self = (int)register_sender(fd, 0);

	sigfillset(&all);
	EQUAL(pthread_sigmask(SIG_SETMASK, &all, &old), 0);
	count = 0;
	_stui();
	CHECK(_testui());
	_senduipi((unsigned long long)self);
	for (uint64_t start = now(); !count && now() - start < 2000000000;)
		;
	EQUAL(count, 1);
	EQUAL(sigprocmask(SIG_BLOCK, &all, NULL), 0);
	_clui();
	CHECK(!_testui());
	EQUAL(pthread_sigmask(SIG_SETMASK, &old, NULL), 0);
	EQUAL(unregister_sender(is_v1() ? fd : self, 0), 0);
}

static void on_signal(int number, siginfo_t *info, void *context)
{
	(void)context;
	seen = number;
	CHECK(info->si_signo == number);
	in_handler = 1;
	/* A user interrupt nests in a signal handler that interrupted UIF = 1; the instructions are the thread's own here too. */
	if (number == SIGUSR1) {
		uint64_t before = count;

		CHECK(_testui());
		while (count == before)
			;
		_clui();
		CHECK(!_testui());
		_stui();
	}
	in_handler = 0;
}

static void nesting(void)
{
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
	pthread_t thread;

	/* Every other signal is masked in the handler: not the runtime's. */
	sigfillset(&action.sa_mask);
	sigaction(SIGUSR1, &action, NULL);
	stop = 0;
	_stui();
	pthread_create(&thread, NULL, sender, NULL);
	for (int i = 0; i < 20; i++) {
		seen = 0;
		raise(SIGUSR1);
		EQUAL(seen, SIGUSR1);
	}
	stop = 1;
	pthread_join(thread, NULL);
	_clui();
}

static sigjmp_buf out;
static volatile int code;
static volatile uint64_t address;
static volatile int *volatile address_eight = (volatile int *)8;
static void faulted(int number, siginfo_t *info, void *context)
{
	(void)context;
	seen = number, code = info->si_code, address = (uint64_t)info->si_addr;
	siglongjmp(out, 1);
}

/* Faults that are not user interrupts' come as ever. */
static void own_faults(void)
{
	struct sigaction action = { .sa_sigaction = faulted, .sa_flags = SA_SIGINFO }, got;

	sigemptyset(&action.sa_mask);
	for (int i = 0; i < 3; i++) {
		int number = (int[]){ SIGILL, SIGSEGV, SIGTRAP }[i];

		sigaction(number, &action, NULL);
		sigaction(number, NULL, &got);
		CHECK(got.sa_sigaction == faulted);
		EQUAL(got.sa_flags, SA_SIGINFO);
		seen = 0;
		if (!sigsetjmp(out, 1)) {
			if (number == SIGILL)
				__asm__ volatile("ud2");
			else if (number == SIGSEGV)
				*address_eight = 1;
			else
				__asm__ volatile("int3");
		}
		EQUAL(seen, number);
		if (number == SIGILL)
			EQUAL(code, ILL_ILLOPN);
		if (number == SIGSEGV)
			EQUAL(address, 8);
		seen = 0;
		if (!sigsetjmp(out, 1))
			raise(number);
		EQUAL(seen, number);
		EQUAL(code, SI_TKILL);
		signal(number, SIG_DFL);
	}
}

static int ends_by(void (*what)(void))
{
	int status;
	pid_t child = fork_child();

	if (!child) {
		what();
		_exit(0);
	}
	waitpid(child, &status, 0);
	return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

static void undefined(void) { __asm__ volatile("ud2"); }
static void no_table(void) { _senduipi(0); }
static void locked(void) { __asm__ volatile(".byte 0xf0, 0xf3, 0x0f, 0x01, 0xee"); }
static void breakpoint(void) { __asm__ volatile("int3"); }
static void null(void) { *(address_eight - 2) = 0; }
static void killed(void) { raise(SIGILL); }
static void bad_index(void)
{
	register_handler(handler, 0);
	register_sender((int)make_fd(1, 0), 0);
	_senduipi(200);
}
static void blocked_fault(void)
{
	sigset_t set;

	signal(SIGSEGV, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGSEGV);
	sigprocmask(SIG_BLOCK, &set, NULL);
	bad_index();
}
static void not_a_handler(void)
{
	register_handler((void *)16, 0);
	int index = (int)register_sender((int)make_fd(1, 0), 0);

	_stui();
	for (int i = 0; i < 1000000; i++)
		_senduipi((unsigned long long)index);
}

int main(void)
{
	begin();
	EQUAL(ends_by(undefined), SIGILL);
	if (!abi.table_inherited)
		EQUAL(ends_by(no_table), SIGILL);
	EQUAL(ends_by(locked), SIGILL);
	EQUAL(ends_by(breakpoint), SIGTRAP);
	EQUAL(ends_by(null), SIGSEGV);
	EQUAL(ends_by(killed), SIGILL);
	EQUAL(ends_by(bad_index), SIGSEGV);
	EQUAL(ends_by(blocked_fault), SIGSEGV);
	EQUAL(ends_by(not_a_handler), SIGSEGV);
	own_faults();
	EQUAL(register_handler(handler, 0), 0);
	fd = (int)make_fd(3, 0);
	masks();
	blocking_calls();
	nesting();
	EQUAL(unregister_handler(0), 0);
	return end();
}
