/*
 * What the green threads do. Each kind would compute something else if the switch lost what it stands for: general registers,
 * vector registers, the rounding mode, the red zone, the consistency of malloc. A task's result depends on its steps and seed
 * alone.
 *
 * Each kind is compiled twice, with and without safepoints: only polling pays for them.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xmmintrin.h>

#include "greenthreads.h"

#define INLINE static inline __attribute__((always_inline))

uint64_t redzone_sum(uint64_t steps, uint64_t seed);

INLINE void safepoint(bool polls)
{
	if (polls)
		greenthreads_safepoint();
}

INLINE uint64_t mix(uint64_t value)
{
	value ^= value >> 30;
	value *= 0xbf58476d1ce4e5b9;
	value ^= value >> 27;
	value *= 0x94d049bb133111eb;
	return value ^ value >> 31;
}

/* --- general registers ------------------------------------------------------------------------------------------------- */

INLINE uint64_t integers(const struct task *task, bool polls)
{
	uint64_t a = task->seed, b = ~a, c = a * 3, d = a * 5;

	for (uint64_t i = 0; i < task->steps; i++) {
		a = mix(a + i), b ^= a << 1, c += b ^ i, d = d << 7 ^ d >> 3 ^ c;
		safepoint(polls);
	}
	return a ^ b ^ c ^ d;
}

/* --- vector registers: the upper halves too, where the processor has them ---------------------------------------------- */

typedef uint64_t halves __attribute__((vector_size(16)));
typedef uint64_t quarters __attribute__((vector_size(32)));

/* All that the loop has is in registers, at every step. */
#define VECTORS(kind, type, target, polls) \
	target static uint64_t kind(const struct task *task) \
	{ \
		type a = task->seed - (type){ 0, 1 }, b = ~a, c = a + b; \
		uint64_t sum = 0; \
	\
		for (uint64_t i = 0; i < task->steps; i++) { \
			a += b ^ i, b ^= a << 13, c += a ^ b, b ^= c >> 7; \
			__asm__ volatile("" : "+x"(a), "+x"(b), "+x"(c)); \
			safepoint(polls); \
		} \
		a ^= b ^ c; \
		for (size_t i = 0; i < sizeof(a) / sizeof(a[0]); i++) \
			sum = mix(sum + a[i]); \
		return sum; \
	}
#define AVX2 __attribute__((target("avx2")))
VECTORS(vectors_runs, halves, , false)
VECTORS(vectors_polls, halves, , true)
VECTORS(vectors_avx2, quarters, AVX2, false)
VECTORS(vectors_avx2_polls, quarters, AVX2, true)

/* --- the rounding mode ------------------------------------------------------------------------------------------------- */

INLINE uint64_t rounding(const struct task *task, bool polls)
{
	static const unsigned int modes[] = { _MM_ROUND_NEAREST, _MM_ROUND_DOWN, _MM_ROUND_UP, _MM_ROUND_TOWARD_ZERO };
	unsigned int before = _mm_getcsr();
	double sum = (double)(task->seed % 1000), third = 1.0 / 3.0;
	uint64_t bits;

	_mm_setcsr((before & ~_MM_ROUND_MASK) | modes[task->seed % 4]);
	for (uint64_t i = 0; i < task->steps; i++) {
		/* In between: the addition must not move over the change of the mode. */
		__asm__ volatile("addsd %1, %0" : "+x"(sum) : "x"(third));
		safepoint(polls);
	}
	_mm_setcsr(before);
	memcpy(&bits, &sum, sizeof(bits));
	return bits;
}

/* --- the red zone ------------------------------------------------------------------------------------------------------ */

#define REDZONE_CHUNK 128

INLINE uint64_t redzone(const struct task *task, bool polls)
{
	uint64_t sum = task->seed;

	for (uint64_t i = 0; i < task->steps; i += REDZONE_CHUNK) {
		sum = redzone_sum(REDZONE_CHUNK, sum);
		safepoint(polls);
	}
	return sum;
}

/* --- malloc and printf, which take locks ------------------------------------------------------------------------------- */

INLINE uint64_t strings(const struct task *task, bool polls)
{
	uint64_t sum = task->seed;

	for (uint64_t i = 0; i < task->steps; i++) {
		char *text;
		int length;

		greenthreads_driver->enter_critical();
		length = asprintf(&text, "%016lx %lu %g", sum, i, (double)(sum >> 40));
		greenthreads_driver->leave_critical();
		for (int place = 0; place < length; place++)
			sum = mix(sum + (unsigned char)text[place]);
		greenthreads_driver->enter_critical();
		free(length < 0 ? NULL : text);
		greenthreads_driver->leave_critical();
		safepoint(polls);
	}
	return sum;
}

/* ----------------------------------------------------------------------------------------------------------------------- */

#define BOTH(kind) \
	static uint64_t kind##_runs(const struct task *task) { return kind(task, false); } \
	static uint64_t kind##_polls(const struct task *task) { return kind(task, true); }
BOTH(integers)
BOTH(rounding)
BOTH(redzone)
BOTH(strings)

static const struct {
	const char *name;
	task_function function[2];
} kinds[] = {
	{ "integers", { integers_runs, integers_polls } },
	{ "vectors", { vectors_runs, vectors_polls } },
	{ "rounding", { rounding_runs, rounding_polls } },
	{ "red zone", { redzone_runs, redzone_polls } },
	{ "strings", { strings_runs, strings_polls } },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

size_t workload_kinds(void)
{
	return KINDS;
}

const char *workload_kind_name(size_t kind)
{
	return kinds[kind].name;
}

task_function workload_kind(size_t kind, bool polls)
{
	task_function function = kinds[kind].function[polls];

	if (function == vectors_runs && __builtin_cpu_supports("avx2"))
		return vectors_avx2;
	if (function == vectors_polls && __builtin_cpu_supports("avx2"))
		return vectors_avx2_polls;
	return function;
}

#define LONG_ENOUGH 200000

double workload_steps(size_t kind)
{
	static double known[KINDS];
	struct task task = { .run = workload_kind(kind, false), .steps = 1, .seed = 1 };
	volatile uint64_t sink;
	uint64_t best = 0;

	if (known[kind])
		return known[kind];
	/* In CPU time, and the least of five, since others may run here. */
	for (int found = 0; found < 5;) {
		uint64_t start = cpu_time(), time;

		sink = task.run(&task);
		time = cpu_time() - start;
		if (time < LONG_ENOUGH) {
			task.steps *= 2;
			best = 0;
			found = 0;
			continue;
		}
		best = !best || time < best ? time : best;
		found++;
	}
	(void)sink;
	known[kind] = (double)task.steps * 1000 / (double)best;
	return known[kind];
}

#define PATIENCE 20000000000ull

uint64_t workload_wait_for_preemption(const struct task *task)
{
	const volatile uint32_t *preemptions = &task->preemptions;
	uint64_t until = now() + PATIENCE;

	while (*preemptions < task->steps && now() < until)
		greenthreads_safepoint();
	return *preemptions < task->steps ? *preemptions : task->steps;
}
