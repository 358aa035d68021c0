/*
 * What the software machine needs below Swift: atomics on the UPID, the calling thread's processor, the section in which the
 * notification signal may not touch it, and the signal itself. Everything but emulation_signal_open is async-signal-safe.
 */
#ifndef CEMULATION_H
#define CEMULATION_H

#include <stdbool.h>
#include <stdint.h>

struct emulation_frame {
	uint64_t rip, rflags, rsp;
};

/** The same arguments as the shim's uintr_handler_function. */
typedef void (*emulation_handler)(void *context, void *frame, uint64_t vector);

/* Atomics. */

/** LOCK CMPXCHG16B; the low and the high quadword of `expected` become what was there. `memory` is 16-byte aligned. */
static inline void emulation_compare_exchange16(void *memory, uint64_t *expected_low, uint64_t *expected_high,
						uint64_t low, uint64_t high)
{
	__asm__ volatile("lock cmpxchg16b %0"
			 : "+m"(*(unsigned __int128 *)memory), "+a"(*expected_low), "+d"(*expected_high)
			 : "b"(low), "c"(high)
			 : "cc", "memory");
}

static inline uint64_t emulation_fetch_and(void *memory, uint64_t mask)
{
	return __atomic_fetch_and((uint64_t *)memory, mask, __ATOMIC_SEQ_CST);
}

static inline uint64_t emulation_fetch_or(void *memory, uint64_t bits)
{
	return __atomic_fetch_or((uint64_t *)memory, bits, __ATOMIC_SEQ_CST);
}

static inline uint64_t emulation_exchange(void *memory, uint64_t value)
{
	return __atomic_exchange_n((uint64_t *)memory, value, __ATOMIC_SEQ_CST);
}

static inline uint64_t emulation_load(const void *memory)
{
	return __atomic_load_n((const uint64_t *)memory, __ATOMIC_SEQ_CST);
}

/*
 * The section. Ordinary code and the notification signal run on the same thread, so no more is needed than that the compiler
 * keeps the order. While `busy`, the signal only sets `deferred`; whoever leaves looks at `deferred` afterwards.
 */
struct emulation_section {
	int32_t busy, deferred;
};

/** False if the section is taken already, that is, if a signal interrupted it; then `deferred` is set. */
static inline bool emulation_enter(struct emulation_section *section)
{
	if (__atomic_load_n(&section->busy, __ATOMIC_RELAXED)) {
		__atomic_store_n(&section->deferred, 1, __ATOMIC_RELAXED);
		return false;
	}
	__atomic_store_n(&section->busy, 1, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	return true;
}

static inline void emulation_leave(struct emulation_section *section)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	__atomic_store_n(&section->busy, 0, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/** A notification that was deferred, once. Within the section, or to look whether to enter it again. */
static inline bool emulation_deferred(struct emulation_section *section, bool take)
{
	bool deferred = __atomic_load_n(&section->deferred, __ATOMIC_RELAXED);

	if (deferred && take)
		__atomic_store_n(&section->deferred, 0, __ATOMIC_RELAXED);
	return deferred;
}

/* The calling thread. */

void *emulation_current(void);
void emulation_set_current(void *processor);
int32_t emulation_thread_id(void);
/** RIP and RSP of the caller; RFLAGS with IF, which is what user mode runs with. */
void emulation_here(struct emulation_frame *out);
/** The same of the code that a signal interrupted, from its ucontext_t. */
void emulation_interrupted(const void *ucontext, struct emulation_frame *out);

/* Destinations: NDST is a place in a table of thread ids, 0 where nobody is. */

#define EMULATION_DESTINATIONS 1024
/** A free destination, now this thread's; -1 if all are taken. */
int32_t emulation_destination_take(int32_t thread_id);
void emulation_destination_release(int32_t destination);

/* The notification signal. */

/**
 * Install `action` for a signal of its own, the first real-time signal from SIGRTMIN + 8 up that has the default action.
 * Once for the process; it stays installed, since a signal may be on its way. False if there is none.
 */
bool emulation_signal_open(void (*action)(int, void *, void *));
/** Send it to whoever has the destination. Nobody: it is dropped, as an IPI that no local APIC answers. */
void emulation_notify(uint32_t destination);
/** Block or unblock it for this thread; returns whether it was blocked. */
bool emulation_signal_block(bool block);
/**
 * Sleep until a signal was handled (true) or the time is over (false). With `interruptible` the notification signal is
 * unblocked for exactly that long.
 */
bool emulation_sleep(uint64_t nanoseconds, bool interruptible);
/** What the kernel does to a thread that faults: SIGILL for #UD, SIGSEGV for the others. */
void emulation_fault(bool invalid_opcode);

/* Descriptors: sealed memfds that name a receiver and a vector, so that dup, close and reuse of numbers mean what they do. */

struct emulation_ticket {
	/** Drawn once per process: no other file has it. */
	uint64_t cookie[2];
	uint64_t receiver, vector;
};

/** A descriptor, or a negated errno. */
int emulation_ticket_make(uint64_t receiver, uint64_t vector);
/** 0; -EBADF if the descriptor is not open, -EOPNOTSUPP if it is none of ours. */
int emulation_ticket_read(int descriptor, struct emulation_ticket *out);

#endif
