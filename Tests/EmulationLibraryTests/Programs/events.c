/*
 * Events counted end to end, across threads and processes. Three receivers, two of them threads of one process, and five senders: two
 * threads beside them, a thread beside the third, a forked process, and one that was executed. Descriptors are inherited, and passed
 * over sockets. The while, timers and another thread send signals whose handlers use the instructions; the receivers' main loops
 * allocate, lock, format, mask, wait, sleep, fork, and go through CLUI and STUI; threads register, receive and end.
 *
 * The ledger. A channel is a vector of one receiver with one sender. Before each SENDUIPI its sender publishes the next number in
 * shared memory; a delivery reads the number that is published, and acknowledges it. So
 *
 *	lost	a published number that no delivery acknowledges, though its SENDUIPI has returned. The post is after the publication, so
 *		the delivery that it leads to, alone or merged with others, reads this number or a later one.
 *	invented, strict channel: its sender publishes only when all is acknowledged. Then each delivery finds exactly one number
 *		more than the last did: any other is invented.
 *	invented, burst channel: numbers are published without waiting, and posts merge. Each delivery needs a post of its own, so there
 *		are never more deliveries than numbers. A delivery may find nothing new, where the one before read a number whose post
 *		came later; between two new numbers there are three such at most: the bits in UIRR and in PIR when the number was read,
 *		and the post that had not come yet.
 *	invented, any other vector.
 *
 * Each actor's choices follow from the seed; how they interleave does not.
 *
 * usage: events [EVENTS [SEED]]
 */
/* It looks after itself: `watch`. */
#define WATCHDOG (3600 * 4)
#include "program.h"
#include <poll.h>
#include <sys/mman.h>
#include <sys/time.h>

enum { RECEIVERS = 3, SENDERS = 5, KINDS = 2, STRICT = 0, BURST = 1, STALLED = 120 };

struct channel {
	uint64_t published;
	/* The rest is the receiver's. */
	uint64_t acknowledged, deliveries, echoes, invented;
} __attribute__((aligned(64)));

static struct shared {
	struct channel channel[RECEIVERS][2 * SENDERS];
	/* Sends that are not anybody's yet; what nobody has a number for. */
	int64_t left;
	uint64_t invented, forks, signals, passing, passing_sends, failures, seed;
	/* For the process that is executed. */
	int handed[RECEIVERS][2 * SENDERS];
	volatile int finished, stop, ready;
} *shared;

/* The descriptors, as this process has them. */
static int fds[RECEIVERS][2 * SENDERS];
static __thread int receiver_number = -1;
static __thread volatile uint64_t passing_ran;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void add(uint64_t *to, uint64_t count) { __atomic_fetch_add(to, count, __ATOMIC_RELAXED); }
static uint64_t get(const uint64_t *from) { return __atomic_load_n(from, __ATOMIC_SEQ_CST); }
static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13, *state ^= *state >> 7, *state ^= *state << 17;
	return *state;
}
static uint64_t seed_of(uint64_t actor) { return (shared->seed + actor) * 0x9e3779b97f4a7c15 | 1; }

static void __attribute__((interrupt)) handler(struct __uintr_frame *frame, unsigned long long vector)
{
	struct channel *channel;
	uint64_t published;

	(void)frame;
	if (receiver_number < 0 || vector >= 2 * SENDERS) {
		add(&shared->invented, 1);
		return;
	}
	channel = &shared->channel[receiver_number][vector];
	published = get(&channel->published);
	channel->deliveries++;
	if (vector % KINDS == STRICT) {
		if (published != channel->acknowledged + 1)
			channel->invented++;
	} else {
		channel->echoes = published == channel->acknowledged ? channel->echoes + 1 : 0;
		if (channel->deliveries > published || channel->echoes > 3)
			channel->invented++;
	}
	__atomic_store_n(&channel->acknowledged, published, __ATOMIC_SEQ_CST);
}

static void __attribute__((interrupt)) passing_handler(struct __uintr_frame *frame, unsigned long long vector)
{
	(void)frame;
	if (vector != 33)
		add(&shared->invented, 1);
	passing_ran++;
}

static void on_signal(int number)
{
	bool uif = _testui();

	(void)number;
	add(&shared->signals, 1);
	_clui();
	CHECK(!_testui());
	if (uif)
		_stui();
}

/* --- senders --- */

static void post(struct channel *channel, long index)
{
	__atomic_store_n(&channel->published, channel->published + 1, __ATOMIC_SEQ_CST);
	_senduipi((unsigned long long)index);
}

static bool is_open(const struct channel *channel) { return get(&channel->acknowledged) < channel->published; }
static void await(const struct channel *channel)
{
	while (is_open(channel))
		sched_yield();
}

static void *sender(void *argument)
{
	uint64_t number = (uint64_t)argument, random = seed_of(number);
	long index[RECEIVERS][KINDS];

	for (int r = 0; r < RECEIVERS; r++)
		for (int kind = 0; kind < KINDS; kind++)
			CHECK((index[r][kind] = register_sender(fds[r][2 * number + (uint64_t)kind], 0)) >= 0);
	while (!failures) {
		uint64_t choice = next(&random), r = choice % RECEIVERS, kind = choice >> 8 & 1, length = 1;
		struct channel *channel = &shared->channel[r][2 * number + kind];
		int64_t left;

		if (kind == BURST)
			length = choice >> 16 & 1023 ? (choice >> 32) % (1ull << (choice >> 44) % 7) + 1 : 2000;
		left = __atomic_fetch_sub(&shared->left, (int64_t)length, __ATOMIC_RELAXED);
		if (left <= 0)
			break;
		if ((uint64_t)left < length)
			length = (uint64_t)left;
		/* A strict channel must be still; of a burst's channel the last number, but for one time in four. */
		if (kind == STRICT || choice >> 40 & 3)
			await(channel);
		for (uint64_t i = 0; i < length; i++)
			post(channel, index[r][kind]);
	}
	for (int r = 0; r < RECEIVERS; r++)
		for (int kind = 0; kind < KINDS; kind++)
			await(&shared->channel[r][2 * number + (uint64_t)kind]);
	__atomic_fetch_add(&shared->finished, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

/* --- receivers --- */

/* A child that is a receiver for a moment, with its own ledger of one. */
static void fork_once(void)
{
	pid_t child = fork_child();
	int status = -1, fd, index;

	if (!child) {
		receiver_number = -1, failures = 0;
		EQUAL(unregister_handler(0), -EINVAL);
		EQUAL(register_handler(passing_handler, 0), 0);
		fd = (int)make_fd(33, 0);
		index = (int)register_sender(fd, 0);
		passing_ran = 0;
		_stui();
		_senduipi((unsigned long long)index);
		while (!passing_ran)
			sched_yield();
		_exit(failures ? 1 : 0);
	}
	waitpid(child, &status, 0);
	EQUAL(status, 0);
	add(&shared->forks, 1);
}

static void main_loop(uint64_t random)
{
	sigset_t all, before;
	struct pollfd none = { -1, 0, 0 };

	sigfillset(&all);
	while (!shared->stop) {
		uint64_t choice = next(&random), detail = choice >> 16;
		char text[64];

		switch (choice % 16) {
		case 0: _clui(), sched_yield(), _stui(); break;
		case 1: sigprocmask(SIG_BLOCK, &all, &before), getppid(), sigprocmask(SIG_SETMASK, &before, NULL); break;
		case 2: if (abi.wait != UINTR_WAIT_FLAGS) _clui(), wait_for(50000 + detail % 100000), _stui(); break;
		case 3: usleep(detail % 100); break;
		case 4: CHECK(_testui()); break;
		case 5: poll(&none, 1, 0); break;
		case 6: if (detail % 512 == 0) fork_once(); break;
		case 7: if (abi.wait != UINTR_WAIT_FLAGS) wait_for(20000); break;
		default:
			for (int i = 0; i < 20; i++) {
				char *memory = malloc(detail % 9000 + 1);

				pthread_mutex_lock(&lock);
				snprintf(text, sizeof(text), "%lu %d", detail, i);
				CHECK(strtoull(text, NULL, 10) == detail);
				pthread_mutex_unlock(&lock);
				memory[detail % 9000] = 1;
				free(memory);
			}
		}
	}
}

static void become_receiver(int number)
{
	receiver_number = number;
	EQUAL(register_handler(handler, 0), 0);
	for (uint64_t vector = 0; vector < 2 * SENDERS; vector++)
		CHECK((fds[number][vector] = (int)make_fd(vector, 0)) >= 0);
	_stui();
	__atomic_fetch_add(&shared->ready, 1, __ATOMIC_SEQ_CST);
}

static void *receiver(void *argument)
{
	become_receiver((int)(long)argument);
	main_loop(seed_of(100 + (uint64_t)argument));
	_clui();
	EQUAL(unregister_handler(0), 0);
	return NULL;
}

/* Registers, sends to itself and ends its registration, again and again. */
static void *passing(void *unused)
{
	while (!shared->stop) {
		int fd, index;

		EQUAL(register_handler(passing_handler, 0), 0);
		fd = (int)make_fd(33, 0);
		index = (int)register_sender(fd, 0);
		CHECK(index >= 0);
		passing_ran = 0;
		_stui();
		for (uint64_t i = 1; i <= 5; i++) {
			_senduipi((unsigned long long)index);
			while (passing_ran < i)
				;
			EQUAL(passing_ran, i);
		}
		_clui();
		EQUAL(unregister_sender(is_v1() ? fd : index, 0), 0);
		close(fd);
		EQUAL(unregister_handler(0), 0);
		add(&shared->passing, 1), add(&shared->passing_sends, 5);
		usleep(1000);
	}
	return unused;
}

static pthread_t targets[4];
static void *signals(void *unused)
{
	uint64_t random = seed_of(200);

	while (!shared->stop) {
		pthread_kill(targets[next(&random) % 4], SIGUSR1);
		usleep(random % 500);
	}
	return unused;
}

/* --- processes --- */

static void pass(int socket, const int *files)
{
	char byte = 0, space[CMSG_SPACE(2 * SENDERS * sizeof(int))];
	struct iovec content = { &byte, 1 };
	struct msghdr message = { .msg_iov = &content, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET, header->cmsg_type = SCM_RIGHTS, header->cmsg_len = CMSG_LEN(2 * SENDERS * sizeof(int));
	memcpy(CMSG_DATA(header), files, 2 * SENDERS * sizeof(int));
	EQUAL(sendmsg(socket, &message, 0), 1);
}

static void take(int socket, int *files)
{
	char byte, space[CMSG_SPACE(2 * SENDERS * sizeof(int))];
	struct iovec content = { &byte, 1 };
	struct msghdr message = { .msg_iov = &content, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space) };

	EQUAL(recvmsg(socket, &message, 0), 1);
	memcpy(files, CMSG_DATA(CMSG_FIRSTHDR(&message)), 2 * SENDERS * sizeof(int));
}

static void prepare(void)
{
	struct itimerval time = { { 0, 4999 }, { 0, 4999 } };
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	sigfillset(&action.sa_mask);
	sigaction(SIGVTALRM, &action, NULL);
	sigaction(SIGUSR1, &action, NULL);
	setitimer(ITIMER_VIRTUAL, &time, NULL);
}

/* The process of the third receiver and the third sender. */
static void other_process(int socket)
{
	pthread_t thread;

	prepare();
	become_receiver(2);
	take(socket, fds[0]);
	take(socket, fds[1]);
	pass(socket, fds[2]);
	pthread_create(&thread, NULL, sender, (void *)2);
	main_loop(seed_of(102));
	pthread_join(thread, NULL);
	_exit(failures ? 1 : 0);
}

/* --- the ledger --- */

static uint64_t total(bool deliveries)
{
	uint64_t sum = 0;

	for (int r = 0; r < RECEIVERS; r++)
		for (int vector = 0; vector < 2 * SENDERS; vector++)
			sum += deliveries ? shared->channel[r][vector].deliveries : get(&shared->channel[r][vector].published);
	return sum;
}

static void settle(uint64_t seconds)
{
	uint64_t lost = 0, invented = shared->invented;

	for (int r = 0; r < RECEIVERS; r++)
		for (int vector = 0; vector < 2 * SENDERS; vector++) {
			const struct channel *channel = &shared->channel[r][vector];

			lost += channel->published - channel->acknowledged, invented += channel->invented;
			if (channel->published != channel->acknowledged || channel->invented)
				printf("receiver %d vector %d: published %lu, acknowledged %lu, delivered %lu, invented %lu\n", r, vector,
				       channel->published, channel->acknowledged, channel->deliveries, channel->invented);
		}
	printf("sends %lu, deliveries %lu, lost %lu, invented %lu, signals %lu, forks %lu, registrations %lu, seconds %lu.%03lu\n",
	       total(false) + shared->passing_sends, total(true) + shared->passing_sends, lost, invented, shared->signals, shared->forks,
	       shared->passing, seconds / 1000000000, seconds / 1000000 % 1000);
	failures += lost || invented;
}

/* Until all have sent and all is acknowledged; false where nothing moves any more. */
static bool watch(int senders, uint64_t events, uint64_t began)
{
	uint64_t last = 0, moved = now(), shown = now();
	bool terminal = isatty(2);

	while (shared->finished < senders && !failures) {
		uint64_t sum = total(false) + total(true), at = now(), sent = total(false);

		if (sum != last)
			last = sum, moved = at;
		if (at - moved > STALLED * 1000000000ull)
			return false;
		if (terminal && at - shown > 500000000) {
			uint64_t rate = sent / ((at - began) / 1000000 + 1) * 1000;

			fprintf(stderr, "\r\033[K%lu of %lu sends, %lu /s, %lu s left", sent, events, rate, rate ? (events - sent) / rate : 0);
			shown = at;
		}
		usleep(20000);
	}
	if (terminal)
		fprintf(stderr, "\r\033[K");
	return true;
}

static pid_t execute(int memory)
{
	pid_t child = fork_child();

	if (!child) {
		char number[16];

		memcpy(shared->handed, fds, sizeof(fds));
		fcntl(memory, F_SETFD, 0);
		for (int r = 0; r < RECEIVERS; r++)
			for (int kind = 0; kind < KINDS; kind++)
				fcntl(fds[r][2 * 4 + kind], F_SETFD, 0);
		snprintf(number, sizeof(number), "%d", memory);
		execl("/proc/self/exe", "events", "sender", number, NULL);
		_exit(3);
	}
	return child;
}

int main(int argc, char **argv)
{
	bool executed = argc > 2 && !strcmp(argv[1], "sender");
	int memory = executed ? atoi(argv[2]) : memfd_create("events", MFD_CLOEXEC), sockets[2], status;
	uint64_t events = argc > 1 && !executed ? strtoull(argv[1], NULL, 0) : 200000, began;
	pthread_t threads[6];
	pid_t children[3];

	begin();
	CHECK(memory >= 0);
	CHECK(executed || !ftruncate(memory, sizeof(*shared)));
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	CHECK(shared != MAP_FAILED);
	if (executed) {
		memcpy(fds, shared->handed, sizeof(fds));
		prepare();
		sender((void *)4);
		return end();
	}
	shared->seed = argc > 2 ? strtoull(argv[2], NULL, 0) : now(), shared->left = (int64_t)events;
	printf("seed %lu\n", shared->seed);
	CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	children[0] = fork_child();
	if (!children[0])
		other_process(sockets[1]);
	prepare();
	pthread_create(&threads[0], NULL, receiver, (void *)0);
	pthread_create(&threads[1], NULL, receiver, (void *)1);
	while (shared->ready < RECEIVERS)
		sched_yield();
	pass(sockets[0], fds[0]);
	pass(sockets[0], fds[1]);
	take(sockets[0], fds[2]);
	began = now();
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[2 + i], NULL, sender, (void *)(long)i);
	children[1] = fork_child();
	if (!children[1]) {
		sender((void *)3);
		_exit(failures ? 1 : 0);
	}
	children[2] = execute(memory);
	memcpy(targets, threads, sizeof(targets));
	pthread_create(&threads[4], NULL, passing, NULL);
	pthread_create(&threads[5], NULL, signals, NULL);
	if (!watch(SENDERS, events, began)) {
		printf("nothing has moved for %d s\n", STALLED);
		settle(now() - began);
		/* The library prints the UPIDs. */
		kill(children[0], SIGSEGV);
		usleep(500000);
		signal(SIGSEGV, SIG_DFL);
		raise(SIGSEGV);
	}
	shared->stop = 1;
	pthread_join(threads[5], NULL);
	for (int i = 0; i < 5; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < 3; i++) {
		waitpid(children[i], &status, 0);
		EQUAL(status, 0);
	}
	settle(now() - began);
	EQUAL(total(false), events);
	return end();
}
