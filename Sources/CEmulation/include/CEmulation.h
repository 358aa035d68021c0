/* What the software machine needs below Swift. All of it is async-signal-safe but emulation_signal_open, emulation_forget_in_child and the tickets. */
#ifndef CEMULATION_H
#define CEMULATION_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __clang__ /* Swift checks what runs in the signal handler against this promise: it neither allocates nor locks. */
#define EMULATION_SAFE __attribute__((swift_attr("@_noLocks"), swift_attr("@_noAllocation")))
#else
#define EMULATION_SAFE
#endif

/** The arguments of the shim's uintr_handler_function. */
typedef void (*emulation_handler)(void *context, void *frame, uint64_t vector);

/** Calls a handler, who has promised the same. */
EMULATION_SAFE void emulation_call(emulation_handler handler, void *context, void *frame, uint64_t vector);

/** LOCK CMPXCHG16B on 16-byte aligned memory; `expected` becomes what was there. */
EMULATION_SAFE static inline void emulation_compare_exchange16(void *memory, uint64_t *expected_low, uint64_t *expected_high,
							      uint64_t low, uint64_t high)
{
	__asm__ volatile("lock cmpxchg16b %0" : "+m"(*(unsigned __int128 *)memory), "+a"(*expected_low), "+d"(*expected_high)
			 : "b"(low), "c"(high) : "cc", "memory");
}
EMULATION_SAFE static inline uint64_t emulation_load(const void *memory) { return __atomic_load_n((const uint64_t *)memory, __ATOMIC_SEQ_CST); }
EMULATION_SAFE static inline uint64_t emulation_exchange(void *memory, uint64_t new) { return __atomic_exchange_n((uint64_t *)memory, new, __ATOMIC_SEQ_CST); }
EMULATION_SAFE static inline uint64_t emulation_fetch_and(void *memory, uint64_t mask) { return __atomic_fetch_and((uint64_t *)memory, mask, __ATOMIC_SEQ_CST); }
EMULATION_SAFE static inline uint64_t emulation_fetch_or(void *memory, uint64_t bits) { return __atomic_fetch_or((uint64_t *)memory, bits, __ATOMIC_SEQ_CST); }

/** The calling thread's processor; NULL before it is set. */
EMULATION_SAFE void *emulation_processor(void);
void emulation_set_processor(void *processor);
/** From now on the child of a fork starts without a processor. False without memory. */
bool emulation_forget_in_child(void);
/** Keeps the compiler's order towards a signal on the same thread. */
EMULATION_SAFE static inline void emulation_fence(void) { __atomic_signal_fence(__ATOMIC_SEQ_CST); }

/**
 * Have `action` called by a signal of its own, the first real-time signal from SIGRTMIN + 8 up that has the default action. It
 * stays installed, since a signal may be on its way. False if there is none.
 */
bool emulation_signal_open(void (*action)(const void *ucontext));
/** Send it to a thread of this process. No such thread: it is dropped, as an IPI that no local APIC answers. */
EMULATION_SAFE void emulation_notify(uint32_t thread_id);
EMULATION_SAFE uint32_t emulation_thread_id(void);
/** Block or unblock it on this thread; returns whether it was blocked. */
EMULATION_SAFE bool emulation_signal_block(bool block);
/** Sleep until a signal was handled (true) or the time is over. If `notified`, the signal is unblocked exactly that long. */
bool emulation_sleep(uint64_t nanoseconds, bool notified);
/** What the kernel does to a thread that faults: SIGILL for #UD, SIGSEGV for the others. */
EMULATION_SAFE void emulation_fault(bool invalid_opcode);
/** RIP, RFLAGS and RSP of the code that a signal interrupted; of the caller if `ucontext` is NULL. */
EMULATION_SAFE void emulation_interrupted(const void *ucontext, uint64_t out[3]);

/**
 * The content of a memfd that stands for a vector's descriptor: so dup, close and reuse of numbers mean what they do. The first
 * two words are of this process alone, so that no other file passes for one.
 */
struct emulation_ticket { uint64_t address, process, receiver, vector; };
/** A descriptor, or a negated errno. */
int emulation_ticket_make(uint64_t receiver, uint64_t vector);
/** 0; -EBADF if the descriptor is not open, -EOPNOTSUPP if it is none of ours. */
int emulation_ticket_read(int descriptor, struct emulation_ticket *out);

#endif
