/*
 * Atomic operations on shared memory: 16 bytes by LOCK CMPXCHG16B, so that neither -mcx16 nor
 * libatomic is needed, and the 8-byte ones that notification processing uses. All are
 * sequentially consistent and act on writable memory.
 */
#ifndef UINTR_ATOMIC_H
#define UINTR_ATOMIC_H

#include <stdbool.h>
#include <stdint.h>

/** Bits 63:0 and 127:64 of 16 bytes in memory. */
struct uintr_u128 {
	uint64_t low, high;
};

/**
 * If the 16 bytes at `memory` (aligned to 16, else #GP) equal `*expected`, store `desired` and return
 * true; else return false. `*expected` becomes what was there.
 */
static inline bool uintr_atomic_compare_exchange128(void *memory, struct uintr_u128 *expected,
						    struct uintr_u128 desired)
{
	bool equal;

	__asm__ volatile("lock cmpxchg16b %1"
			 : "=@ccz"(equal), "+m"(*(struct uintr_u128 *)memory),
			   "+a"(expected->low), "+d"(expected->high)
			 : "b"(desired.low), "c"(desired.high)
			 : "memory");
	return equal;
}

/** One indivisible read of the 16 bytes at `memory`, aligned to 16. It is a locked write cycle as well. */
static inline struct uintr_u128 uintr_atomic_load128(void *memory)
{
	struct uintr_u128 value = { 0, 0 };

	uintr_atomic_compare_exchange128(memory, &value, value);
	return value;
}

/** 8 bytes := 8 bytes & mask; returns what was there. The locked AND of SDM Vol. 3A, 9.5.2. */
static inline uint64_t uintr_atomic_fetch_and64(void *memory, uint64_t mask)
{
	return __atomic_fetch_and((uint64_t *)memory, mask, __ATOMIC_SEQ_CST);
}

static inline uint64_t uintr_atomic_fetch_or64(void *memory, uint64_t bits)
{
	return __atomic_fetch_or((uint64_t *)memory, bits, __ATOMIC_SEQ_CST);
}

/** 8 bytes := value; returns what was there. The locked XCHG of SDM Vol. 3A, 9.5.2. */
static inline uint64_t uintr_atomic_exchange64(void *memory, uint64_t value)
{
	return __atomic_exchange_n((uint64_t *)memory, value, __ATOMIC_SEQ_CST);
}

static inline uint64_t uintr_atomic_load64(const void *memory)
{
	return __atomic_load_n((const uint64_t *)memory, __ATOMIC_SEQ_CST);
}

static inline void uintr_atomic_store64(void *memory, uint64_t value)
{
	__atomic_store_n((uint64_t *)memory, value, __ATOMIC_SEQ_CST);
}

#endif
