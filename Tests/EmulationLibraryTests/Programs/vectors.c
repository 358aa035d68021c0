/* A delivery leaves the vector registers as they were, whole, wherever in a cache line the stack is. */
#include "program.h"

static volatile uint64_t ran, stop;
static int fd;

static void __attribute__((interrupt)) handler(struct __uintr_frame *frame, unsigned long long vector)
{
	(void)frame, (void)vector;
	ran++;
}

static void *sender(void *unused)
{
	long index = register_sender(fd, 0);

	CHECK(index >= 0);
	while (!stop) {
		uint64_t before = ran;

		_senduipi((unsigned long long)index);
		while (ran == before && !stop)
			sched_yield();
	}
	return unused;
}

/* All ones in YMM0 and YMM15 until the handler has run twice, on a stack pointer that is `below` mod 64. */
static void hold(uint64_t below, uint64_t out[8])
{
	uint64_t end = ran + 2;

	__asm__ volatile("movq %%rsp, %%rbx\n"
			 "andq $-64, %%rsp\n"
			 "subq $64, %%rsp\n"
			 "addq %[below], %%rsp\n"
			 "vpcmpeqd %%xmm0, %%xmm0, %%xmm0\n"
			 "vinsertf128 $1, %%xmm0, %%ymm0, %%ymm0\n"
			 "vmovaps %%ymm0, %%ymm15\n"
			 "1: cmpq %[end], %[ran]\n"
			 "jb 1b\n"
			 "movq %%rbx, %%rsp\n"
			 "vmovups %%ymm0, (%[out])\n"
			 "vmovups %%ymm15, 32(%[out])\n"
			 "vzeroupper\n"
			 : : [below] "r"(below), [end] "r"(end), [out] "r"(out), [ran] "m"(ran) : "rbx", "cc", "memory");
}

int main(void)
{
	pthread_t thread;
	uint64_t out[8];

	begin();
	if (!__builtin_cpu_supports("avx")) {
		printf("this processor has no AVX: nothing was checked\n");
		return 0;
	}
	EQUAL(register_handler(handler, 0), 0);
	fd = (int)make_fd(0, 0);
	pthread_create(&thread, NULL, sender, NULL);
	_stui();
	for (uint64_t below = 0; below < 64; below += 8)
		for (int round = 0; round < 25; round++) {
			hold(below, out);
			for (int i = 0; i < 8; i++)
				EQUAL(out[i], -1);
		}
	stop = 1;
	pthread_join(thread, NULL);
	return end();
}
