/*
 * What a holder of a descriptor can do who does not go through the calls: it takes the message apart and uses the page and the pipe
 * as it likes. It can post its own vector, also with noise; it can post nothing else, and take nothing away from other vectors.
 */
#include "program.h"
#include <sys/mman.h>

static volatile uint64_t ran[64];
static void __attribute__((interrupt)) handler(struct __uintr_frame *frame, unsigned long long vector)
{
	(void)frame;
	ran[vector]++;
}

static bool comes(int vector, uint64_t wanted)
{
	for (uint64_t start = now(); ran[vector] < wanted && now() - start < 3000000000;)
		sched_yield();
	return ran[vector] >= wanted;
}

/* An honest sender of the same vector. */
static void *send_once(void *fd)
{
	int index = (int)register_sender((int)(long)fd, 0);

	CHECK(index >= 0);
	_senduipi((unsigned long long)index);
	return NULL;
}

int main(void)
{
	int victim, other, index, files[2] = { -1, -1 }, copy;
	char space[CMSG_SPACE(sizeof(files))];
	uint64_t words[2], *page;
	pthread_t thread;
	struct iovec content = { words, sizeof(words) };
	struct msghdr message = { .msg_iov = &content, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space) };

	begin();
	EQUAL(register_handler(handler, 0), 0);
	victim = (int)make_fd(10, 0), other = (int)make_fd(20, 0);
	index = (int)register_sender(other, 0);
	CHECK(index >= 0);
	_stui();

	EQUAL(recvmsg(victim, &message, MSG_PEEK), (long)sizeof(words));
	memcpy(files, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(files));
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, files[0], 0);
	CHECK(page != MAP_FAILED);
	/* The page cannot be taken away. */
	EQUAL(ftruncate(files[0], 0), -1);
	EQUAL(fallocate(files[0], FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096), 0);

	/* Every bit of PIR, and a notification: its own vector runs, once, and no other. */
	page[1] = ~0ull;
	EQUAL(write(files[1], "", 1), 1);
	CHECK(comes(10, 1));
	for (int i = 0; i < 1000; i++)
		sched_yield();
	EQUAL(ran[10], 1);
	for (int i = 0; i < 64; i++)
		if (i != 10)
			EQUAL(ran[i], 0);

	/* It says that the receiver sleeps, which runs: whoever sends finds nobody to wake, and notifies. */
	page[9] = 1;
	/* What the hole took: the receiver is there. */
	page[8] = 1;
	pthread_create(&thread, NULL, send_once, (void *)(long)victim);
	CHECK(comes(10, 2));
	pthread_join(thread, NULL);

	/* Notifications without a post, the pipe full of them: nothing runs, and others are still heard. */
	while (write(files[1], space, sizeof(space)) > 0)
		;
	EQUAL(ran[10], 2);
	_senduipi((unsigned long long)index);
	CHECK(comes(20, 1));

	/* Noise in every word of the page: the receiver stays, and hears the other vector. */
	for (uint64_t i = 0, x = 88172645463325252ull; i < 20000; i++) {
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		page[x % 16] = x * i;
		if (i % 100 == 0) {
			uint64_t before = ran[20];

			if (write(files[1], "", 1) < 0)
				CHECK(errno == EAGAIN);
			_senduipi((unsigned long long)index);
			CHECK(comes(20, before + 1));
		}
	}
	for (int i = 0; i < 64; i++)
		if (i != 10 && i != 20)
			EQUAL(ran[i], 0);

	/* The message taken away: the descriptor names nothing any more, and says so; connections of others stay. */
	EQUAL(recvmsg(victim, &message, 0), (long)sizeof(words));
	EQUAL(register_sender(victim, 0), -abi.other_descriptor_errno);
	copy = (int)ran[20];
	_senduipi((unsigned long long)index);
	CHECK(comes(20, (uint64_t)copy + 1));

	/* The pipe's other end cannot be had from this one: its owner and signal are not this holder's to set. */
	EQUAL(fcntl(files[1], F_GETFL) & O_ACCMODE, O_WRONLY);
	_clui();
	EQUAL(unregister_handler(0), 0);
	return end();
}
