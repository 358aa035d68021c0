#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "CShimTestSupport.h"
#include "CUserInterrupts.h"

#define STACK_SIZE 65536
#define STATE_SIZE 16384

struct shim_run {
	uint64_t before[16];
	uint64_t after[16];
	uint64_t rflags_after;
	uint64_t own_rsp;
	uint64_t launch_rsp;
	uint8_t *state_before;
	uint8_t *state_after;
	uint64_t components;
	uint64_t rflags_before;
	uint8_t *stack;
	uint8_t red_zone[SHIM_RED_ZONE];
};

_Static_assert(offsetof(struct shim_run, launch_rsp) == 272, "deliver.S");
_Static_assert(offsetof(struct shim_run, components) == 296, "deliver.S");
_Static_assert(offsetof(struct shim_seen, spoil) == 56, "deliver.S");

void shim_launch(struct shim_run *run);
extern char shim_resume[];

/* splitmix64: patterns that differ in every byte, the same in every run. */
static uint64_t next(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static void fill(uint8_t *bytes, size_t count, uint64_t *seed)
{
	for (size_t i = 0; i < count; i++)
		bytes[i] = (uint8_t)next(seed);
}

uint64_t shim_enabled_components(void)
{
	uint32_t low, high;

	if (!(uintr_cpuid_known(1, 0).ecx >> 27 & 1))
		return 0;
	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return (uint64_t)high << 32 | low;
}

uint64_t shim_spoil(void)
{
	uint64_t enabled = shim_enabled_components();

	return (enabled >> 2 & 1) | ((enabled & 0xe0) == 0xe0 ? 2 : 0);
}

/* A standard-format image with patterns in x87, SSE, AVX and AVX-512, as far as enabled. */
static void make_state(uint8_t *image, uint64_t components, uint64_t *seed)
{
	uint16_t x87_control = 0x0a7f;
	uint32_t mxcsr = 0x5fa0;

	memset(image, 0, STATE_SIZE);
	memcpy(image, &x87_control, 2);
	image[4] = 0xff;
	memcpy(image + 24, &mxcsr, 4);
	for (size_t i = 0; i < 8; i++) {
		fill(image + 32 + 16 * i, 10, seed);
		/* An ordinary number: the integer bit set, the exponent neither 0 nor all ones. */
		image[32 + 16 * i + 7] |= 0x80;
		image[32 + 16 * i + 9] = 0x3f;
	}
	fill(image + 160, 256, seed);
	for (uint32_t i = 2; i < 8; i++)
		if (components >> i & 1) {
			struct uintr_cpuid_registers part = uintr_cpuid(0xd, i);

			fill(image + part.ebx, part.eax, seed);
			if (i == 5)
				/* Without AVX512BW the mask registers have 16 bits. */
				for (size_t k = 0; k < 8; k++)
					memset(image + part.ebx + 8 * k + 2, 0, 6);
		}
	memcpy(image + 512, &components, 8);
}

struct shim_run *shim_run_new(uint64_t seed, unsigned int misalignment, uint64_t rflags)
{
	struct shim_run *run = calloc(1, sizeof(*run));
	uint8_t *rsp;

	if (!run)
		return NULL;
	run->stack = aligned_alloc(64, STACK_SIZE);
	run->state_before = aligned_alloc(64, STATE_SIZE);
	run->state_after = aligned_alloc(64, STATE_SIZE);
	if (!run->stack || !run->state_before || !run->state_after) {
		shim_run_free(run);
		return NULL;
	}
	memset(run->state_after, 0, STATE_SIZE);
	/* A stack that was in use: whatever the entry takes to be zero there, it must have made zero. */
	memset(run->stack, 0xa5, STACK_SIZE);
	/* x87, SSE, AVX and AVX-512 only: MPX, PKRU and AMX are nothing that the entry keeps. */
	run->components = shim_enabled_components() & 0xe7;
	make_state(run->state_before, run->components, &seed);
	for (size_t i = 0; i < 16; i++)
		run->before[i] = next(&seed);
	run->rflags_before = rflags;
	rsp = run->stack + STACK_SIZE - 1024 + misalignment % 16;
	run->before[4] = (uint64_t)(uintptr_t)rsp;
	fill(run->red_zone, SHIM_RED_ZONE, &seed);
	return run;
}

void shim_run_free(struct shim_run *run)
{
	if (!run)
		return;
	free(run->stack);
	free(run->state_before);
	free(run->state_after);
	free(run);
}

static uint64_t entry_rsp(const struct shim_run *run)
{
	return ((run->before[4] - UINTR_STACK_ADJUST) & ~15ull) - 32;
}

void shim_run_deliver(struct shim_run *run, const void *entry, uint64_t vector)
{
	uint8_t *rsp = (uint8_t *)(uintptr_t)run->before[4];
	uint64_t at_entry = entry_rsp(run);
	uint64_t *frame = (uint64_t *)(uintptr_t)at_entry;

	memcpy(rsp, &run, 8);
	memcpy(rsp - SHIM_RED_ZONE, run->red_zone, SHIM_RED_ZONE);
	/* SDM Vol. 3A, 9.4.2. */
	frame[0] = vector;
	frame[1] = (uint64_t)(uintptr_t)shim_resume;
	frame[2] = run->rflags_before;
	frame[3] = run->before[4];
	frame[-1] = (uint64_t)(uintptr_t)entry;
	frame[-2] = run->rflags_before;
	run->launch_rsp = at_entry - 16;
	shim_launch(run);
}

uint64_t shim_run_register_before(const struct shim_run *run, unsigned int number)
{
	return run->before[number & 15];
}

uint64_t shim_run_register_after(const struct shim_run *run, unsigned int number)
{
	return run->after[number & 15];
}

uint64_t shim_run_rflags_after(const struct shim_run *run)
{
	return run->rflags_after;
}

uint64_t shim_run_frame(const struct shim_run *run)
{
	return entry_rsp(run) + 8;
}

uint64_t shim_run_resume_address(void)
{
	return (uint64_t)(uintptr_t)shim_resume;
}

unsigned int shim_run_red_zone_changes(const struct shim_run *run)
{
	const uint8_t *zone = (const uint8_t *)(uintptr_t)run->before[4] - SHIM_RED_ZONE;
	unsigned int changes = 0;

	for (size_t i = 0; i < SHIM_RED_ZONE; i++)
		changes += zone[i] != run->red_zone[i];
	return changes;
}

static bool differ(const struct shim_run *run, size_t offset, size_t count)
{
	return memcmp(run->state_before + offset, run->state_after + offset, count) != 0;
}

uint64_t shim_run_changed_components(const struct shim_run *run, uint64_t components)
{
	uint64_t changed = 0;

	components &= run->components;
	/* Control, status and tag words; the eight registers of 10 bytes. MXCSR goes with SSE and AVX. */
	if (components & 1) {
		changed |= differ(run, 0, 5);
		for (size_t i = 0; i < 8; i++)
			changed |= differ(run, 32 + 16 * i, 10);
	}
	if (components & 2 && (differ(run, 24, 4) || differ(run, 160, 256)))
		changed |= 2;
	for (uint32_t i = 2; i < 8; i++)
		if (components >> i & 1) {
			struct uintr_cpuid_registers part = uintr_cpuid(0xd, i);

			if (differ(run, part.ebx, part.eax))
				changed |= 1ull << i;
		}
	return changed;
}

void shim_nesting_handler(void *context, void *frame, uint64_t vector)
{
	struct shim_nesting *nesting = context;

	(void)frame;
	if (nesting->depth < 2)
		nesting->vectors[nesting->depth] = vector;
	if (nesting->depth++ == 0)
		shim_run_deliver(nesting->inner, nesting->entry, nesting->inner_vector);
}

void shim_read_byte(void *address)
{
	(void)*(volatile char *)address;
}

void shim_undefined(void *unused)
{
	(void)unused;
	__asm__ volatile("ud2");
}

void shim_divide_by_zero(void *unused)
{
	(void)unused;
	__asm__ volatile("xorl %%eax, %%eax\n\txorl %%edx, %%edx\n\tdivl %%eax" : : : "eax", "edx", "cc");
}

uint64_t shim_rflags(void)
{
	uint64_t rflags;

	__asm__ volatile("leaq -128(%%rsp), %%rsp\n\tpushfq\n\tpopq %0\n\tleaq 128(%%rsp), %%rsp" : "=r"(rflags));
	return rflags;
}

uint16_t shim_x87_control_after_fault(uint16_t control)
{
	static const uint16_t usual = 0x37f;
	uint16_t after;

	__asm__ volatile("fldcw %0" : : "m"(control));
	uintr_run_guarded(shim_set_flags_and_fault, NULL, NULL);
	__asm__ volatile("fnstcw %0\n\tfldcw %1" : "=m"(after) : "m"(usual));
	return after;
}

uint32_t shim_mxcsr(void)
{
	uint32_t mxcsr;

	__asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
	return mxcsr;
}

void *shim_forbidden_page(void)
{
	void *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page == MAP_FAILED ? NULL : page;
}

static volatile sig_atomic_t sigills;

static void count_sigill(int number)
{
	(void)number;
	sigills++;
}

static struct sigaction before_counting;

void shim_count_sigills(void)
{
	struct sigaction action = { .sa_handler = count_sigill };

	sigills = 0;
	sigaction(SIGILL, &action, &before_counting);
}

int shim_sigills_counted(void)
{
	struct sigaction now;

	sigaction(SIGILL, NULL, &now);
	if (now.sa_handler != count_sigill)
		return -1;
	sigaction(SIGILL, &before_counting, NULL);
	return sigills;
}

void shim_send_sigill(void *unused)
{
	(void)unused;
	raise(SIGILL);
}
