/*
 * Handlers on an alternate stack, one right after the other: the stack is free for the next as soon as UIRET has left it, and not before.
 * Each handler fills its part of the stack with what is its own and looks at it again; the interrupted code, whose registers UIRET
 * brings back, computes.
 */
#include "program.h"

enum { VECTORS = 3, SENDS = 40000, STACK = 65536 };
static volatile uint64_t ran[VECTORS], sent[VECTORS];
static volatile int done;
static int fds[VECTORS];
static char stack[STACK] __attribute__((aligned(64)));

static void __attribute__((interrupt)) handler(struct __uintr_frame *frame, unsigned long long vector)
{
	volatile uint64_t own[64];

	for (int i = 0; i < 64; i++)
		own[i] = ran[vector] + (uint64_t)i;
	CHECK((char *)frame > stack && (char *)frame < stack + STACK);
	for (int i = 0; i < 64; i++)
		CHECK(own[i] == ran[vector] + (uint64_t)i);
	ran[vector]++;
}

static void *sender(void *which)
{
	long own = (long)which;
	long index = register_sender(fds[own], 0);

	CHECK(index >= 0);
	for (int i = 0; i < SENDS; i++) {
		uint64_t before = ran[own];

		sent[own]++;
		_senduipi((unsigned long long)index);
		if (i % 4 == 0)
			while (ran[own] == before)
				sched_yield();
	}
	__atomic_fetch_add(&done, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

/* In registers throughout: a wrong one gives another sum. */
static uint64_t compute(uint64_t a)
{
	uint64_t b = a * 3, c = a ^ 5, d = a + 7, e = ~a;

	for (int i = 0; i < 1000; i++) {
		a += b ^ (c >> 3);
		b = b * 31 + d;
		c ^= a + e;
		d = (d << 7 | d >> 57) + c;
		e -= d ^ b;
	}
	return a ^ b ^ c ^ d ^ e;
}

int main(void)
{
	pthread_t threads[VECTORS];
	uint64_t expected;

	begin();
	if (abi.nr[UINTR_CALL_ALT_STACK] < 0) {
		printf("%s has no alternate stack\n", abi.name);
		return 0;
	}
	expected = compute(1);
	EQUAL(register_handler(handler, 0), 0);
	/* Intel's takes the highest address, the project's the lowest. */
	EQUAL(call(UINTR_CALL_ALT_STACK, (long)(abi.alt_stack_by_base ? stack : stack + STACK), STACK, 0), 0);
	for (long i = 0; i < VECTORS; i++)
		fds[i] = (int)make_fd((uint64_t)i, 0);
	_stui();
	for (long i = 0; i < VECTORS; i++)
		pthread_create(&threads[i], NULL, sender, (void *)i);
	while (done < VECTORS)
		CHECK(compute(1) == expected);
	for (int i = 0; i < VECTORS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < VECTORS; i++)
		CHECK(ran[i] >= SENDS / 4 && ran[i] <= sent[i]);
	return end();
}
