/*
 * What the emulation's runtime needs below Swift: the state of a thread at fixed offsets, raw system calls, descriptors,
 * signals. Nothing here decides what an instruction or a call does; Sources/Emulation/Runtime does.
 */
#ifndef EMULATION_RUNTIME_H
#define EMULATION_RUNTIME_H

#include <stdbool.h>
#include <stdint.h>

/* Of data in a header, only one module may tell Swift: that is the shim's. */
#define UINTR_ABI_TYPES_ONLY
#include "../../CUserInterrupts/include/uintr_abi.h"
#undef UINTR_ABI_TYPES_ONLY

/* Swift checks what runs in a signal's handler against this promise: it neither allocates nor takes a lock. */
#ifdef __clang__
#define RUNTIME_SAFE __attribute__((swift_attr("@_noLocks"), swift_attr("@_noAllocation")))
#else
#define RUNTIME_SAFE
#endif

#define RUNTIME_VECTORS 64
#define RUNTIME_ENTRIES 256

/** Places in the 23 words of a ucontext's registers, which the gates of gate.S use too. */
enum runtime_register {
	RUNTIME_R8, RUNTIME_R9, RUNTIME_R10, RUNTIME_R11, RUNTIME_R12, RUNTIME_R13, RUNTIME_R14, RUNTIME_R15,
	RUNTIME_RDI, RUNTIME_RSI, RUNTIME_RBP, RUNTIME_RBX, RUNTIME_RDX, RUNTIME_RAX, RUNTIME_RCX, RUNTIME_RSP,
	RUNTIME_RIP, RUNTIME_RFLAGS,
};

/** Of a vector: its receiver has gone, is there, or has seen the last close of its descriptor. */
enum runtime_page_state { RUNTIME_PAGE_ENDED, RUNTIME_PAGE_ACTIVE, RUNTIME_PAGE_CLOSED };

/** What sender and receiver share: one page for one vector of one receiver, in a sealed memfd. */
struct runtime_page {
	/** 64-byte aligned; changed by locked operations only. */
	uint64_t upid[2];
	uint64_t reserved[5];
	/** Tells the receiver's own thread, which reads it as any sender does, that the page is its own. */
	uint64_t cookie;
	/** An enum runtime_page_state. */
	uint64_t state;
	/** 1 while the receiver sleeps in futex(2) on this word. Who makes it 0 wakes the receiver in place of notifying it. */
	uint32_t asleep;
};

/** The receiver's side of a registered handler; one mapping of its own. */
struct runtime_receiver {
	/** A bit for each vector that has a page. */
	uint64_t vectors;
	struct runtime_page *page[RUNTIME_VECTORS];
	/** The memfd of that page, kept where a vector may be registered again; the other end of the descriptor's socket; -1. */
	int32_t memfd[RUNTIME_VECTORS], peer[RUNTIME_VECTORS];
	/** The notification pipe. It is written by senders; nobody needs to read it. */
	int32_t pipe_read, pipe_write;
	uint64_t cookie;
	/** The flags of register_handler; the timer that ends a pause of Moderation.swift. */
	uint32_t flags;
	int32_t timer;
	/** The signal of its notifications. */
	int32_t signal;
	/** All receivers of the process, so that the child of a fork can let go of them. */
	struct runtime_receiver *next;
};

/** A table of senders: of the process or of one thread, as the ABI has it. */
struct runtime_senders {
	/** The UITT, as SENDUIPI reads it: at the start of a page. */
	uint64_t uitt[2 * RUNTIME_ENTRIES];
	/** Where an entry's notifications are written. */
	int32_t notify[RUNTIME_ENTRIES];
	/**
	 * -1, or: a duplicate of the descriptor that was connected, which keeps the vector busy (project); the memfd, which a
	 * uipi_fd hands on (uintr-next 6.0).
	 */
	int32_t descriptor[RUNTIME_ENTRIES];
	/** What tells that descriptor from others: its inode. */
	uint64_t identity[RUNTIME_ENTRIES];
	struct runtime_page *page[RUNTIME_ENTRIES];
	/** Entries in use; threads of the process that are within a SENDUIPI. */
	uint32_t used, inside;
	/** All tables of threads, as `next` of a receiver. */
	struct runtime_senders *next;
};

RUNTIME_SAFE static inline struct runtime_page *runtime_receiver_page(const struct runtime_receiver *receiver, uint64_t vector) { return receiver->page[vector % RUNTIME_VECTORS]; }
static inline void runtime_receiver_set(struct runtime_receiver *receiver, uint64_t vector, struct runtime_page *page, int memfd, int peer)
{
	vector %= RUNTIME_VECTORS;
	receiver->page[vector] = page, receiver->memfd[vector] = memfd, receiver->peer[vector] = peer;
}
static inline int runtime_receiver_memfd(const struct runtime_receiver *receiver, uint64_t vector) { return receiver->memfd[vector % RUNTIME_VECTORS]; }
static inline int runtime_receiver_peer(const struct runtime_receiver *receiver, uint64_t vector) { return receiver->peer[vector % RUNTIME_VECTORS]; }

struct runtime_connection {
	struct runtime_page *page;
	uint64_t identity;
	int32_t notify, descriptor;
};
RUNTIME_SAFE static inline struct runtime_connection runtime_connection_get(const struct runtime_senders *senders, uint64_t index)
{
	index %= RUNTIME_ENTRIES;
	return (struct runtime_connection){ senders->page[index], senders->identity[index], senders->notify[index], senders->descriptor[index] };
}
RUNTIME_SAFE static inline void runtime_connection_set(struct runtime_senders *senders, uint64_t index, struct runtime_connection connection)
{
	index %= RUNTIME_ENTRIES;
	senders->page[index] = connection.page, senders->identity[index] = connection.identity;
	senders->notify[index] = connection.notify, senders->descriptor[index] = connection.descriptor;
}
/** The two quadwords of an entry; the first, which has V, is written last or cleared first. */
RUNTIME_SAFE static inline uint64_t *runtime_entry(struct runtime_senders *senders, uint64_t index) { return &senders->uitt[2 * (index % RUNTIME_ENTRIES)]; }
RUNTIME_SAFE static inline void runtime_enter(struct runtime_senders *senders) { __atomic_fetch_add(&senders->inside, 1, __ATOMIC_SEQ_CST); }
RUNTIME_SAFE static inline void runtime_exit(struct runtime_senders *senders) { __atomic_fetch_sub(&senders->inside, 1, __ATOMIC_SEQ_CST); }
RUNTIME_SAFE static inline bool runtime_is_entered(const struct runtime_senders *senders) { return __atomic_load_n(&senders->inside, __ATOMIC_SEQ_CST) != 0; }

/**
 * The emulated state of one thread, in thread-local storage. gate.S and entry.S know the offsets of the first words.
 *
 * Invariant: it is touched by its own thread only, with all signals blocked but those of faults. Three things are done without:
 * stubs write UIF and read `held`; uintr_wait writes `awake`, `held` and `sleeps_on` and ends the moderation, and reads the rest; a
 * UIRET that brings nothing (returnQuietly) writes UIF, `held` and the moderation's words.
 */
struct runtime_thread {
	/** UIF, 0 or 1. */
	uint64_t uif;
	/** ON may be set in a UPID of this thread, and no notification will come: look at them when UIF becomes 1. 0, 1, or 2 from a signal. */
	uint64_t held;
	/** Its own address, where the library is alone (alone.h). */
	struct runtime_thread *self;
	/** A notification has come since CEmulationBackend looked. */
	uint32_t missed;
	uint64_t uirr, uihandler, uistackadjust;
	/** Null without a handler. `kept` is the receiver that an ABI keeps until the thread ends. */
	struct runtime_receiver *receiver, *kept;
	/** The thread's own table, where tables belong to threads. */
	struct runtime_senders *senders;
	/** Vectors delivered since the thread began. */
	uint64_t delivered;
	/** The same when the program made its last uintr_wait: what came since then ends it. */
	uint64_t delivered_before;
	/** Moderation.swift, in nanoseconds: how far receiving is ahead; since when; until when senders are not heard, or 0. */
	uint64_t debt, since, until;
	/** The vectors of this time of receiving; one of them came more than once; the last pause was for a flood. */
	uint64_t taken;
	uint32_t receiving, repeated, flooded;
	/** What is held was sent by the thread itself. */
	uint32_t own;
	uint32_t tid;
	/** A notification has come: the word that uintr_wait sleeps on. */
	uint32_t awake;
	/** Sleeping on this page's `asleep`, or null. */
	struct runtime_page *sleeps_on;
	/** In a blocking call that notifications must not end (shields.c). */
	uint32_t shielded;
	/** Writing to a notification pipe: a SIGPIPE is nobody's. */
	uint32_t sending;
	/** An enum runtime_verdict: its signal is on its way, and is to show this address and error code. 0 for none. */
	uint32_t raised;
	uint64_t raised_address, raised_code;
	/** Of the signals that the runtime leaves unblocked, those that the program has blocked. */
	uint64_t masked;
	/** The error code of the last fault that an instruction or a delivery came to. */
	uint64_t fault_code;
	/** A copy of the vector state of a signal frame, from which sigreturn restores it. */
	void *vector_state;
	uint64_t vector_state_size;
};

/** The calling thread's. */
struct runtime_thread *runtime_thread_current(void);

#ifdef __clang__ /* Swift: the one is fixed before the program starts, the others change under the lock. */
#define RUNTIME_SHARED __attribute__((swift_attr("nonisolated(unsafe)")))
#else
#define RUNTIME_SHARED
#endif

/** The chosen ABI, with the numbers of its calls; fixed before the program starts. */
extern struct uintr_abi runtime_abi RUNTIME_SHARED;
/** The process's table of senders, where tables belong to processes. */
extern struct runtime_senders *runtime_process_senders RUNTIME_SHARED;
/** Heads of the lists that `next` makes; changed under the lock. */
extern struct runtime_receiver *runtime_receivers RUNTIME_SHARED;
extern struct runtime_senders *runtime_thread_senders RUNTIME_SHARED;

/** CPUID says that a hypervisor is there. */
extern bool runtime_virtual RUNTIME_SHARED;

/** What is counted and kept in the ring buffer (runtime_watch_open). */
enum runtime_event {
	RUNTIME_SENDUIPI, RUNTIME_UIRET, RUNTIME_TESTUI, RUNTIME_CLUI, RUNTIME_STUI,
	/** Detail: the vector; the entry; nothing; the call's number; nothing. */
	RUNTIME_DELIVERED, RUNTIME_SENT, RUNTIME_TAKEN, RUNTIME_CALLED, RUNTIME_PATCHED_INT3, RUNTIME_PATCHED_JUMP,
	RUNTIME_EVENTS,
};
/** Something counts or keeps events. */
extern uint32_t runtime_watched RUNTIME_SHARED;
RUNTIME_SAFE void runtime_record(uint32_t event, uint64_t detail, uint64_t rip);
RUNTIME_SAFE static inline void runtime_event(enum runtime_event event, uint64_t detail, uint64_t rip)
{
	if (__builtin_expect(runtime_watched, 0))
		runtime_record(event, detail, rip);
}

/** Which of the ABI's calls a number is; UINTR_CALL_COUNT for none. */
uint32_t runtime_call_of(long number);

/** A negated errno, or what the call returned. */
static inline long runtime_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

RUNTIME_SAFE static inline uint64_t runtime_page_state(const struct runtime_page *page) { return __atomic_load_n(&page->state, __ATOMIC_SEQ_CST); }
static inline void runtime_page_set_state(struct runtime_page *page, enum runtime_page_state state) { __atomic_store_n(&page->state, state, __ATOMIC_SEQ_CST); }

RUNTIME_SAFE static inline uint64_t runtime_page_cookie(const struct runtime_page *page) { return __atomic_load_n(&page->cookie, __ATOMIC_RELAXED); }
static inline void runtime_page_set_cookie(struct runtime_page *page, uint64_t cookie) { __atomic_store_n(&page->cookie, cookie, __ATOMIC_SEQ_CST); }

/** LOCK CMPXCHG16B on 16-byte aligned memory; `expected` becomes what was there. */
RUNTIME_SAFE static inline void runtime_compare_exchange16(void *memory, uint64_t *expected_low, uint64_t *expected_high, uint64_t low,
					      uint64_t high)
{
	__asm__ volatile("lock cmpxchg16b %0"
			 : "+m"(*(unsigned __int128 *)memory), "+a"(*expected_low), "+d"(*expected_high)
			 : "b"(low), "c"(high)
			 : "cc", "memory");
}
RUNTIME_SAFE static inline uint64_t runtime_load(const void *memory) { return __atomic_load_n((const uint64_t *)memory, __ATOMIC_SEQ_CST); }
RUNTIME_SAFE static inline void runtime_store(void *memory, uint64_t value) { __atomic_store_n((uint64_t *)memory, value, __ATOMIC_SEQ_CST); }
RUNTIME_SAFE static inline uint64_t runtime_exchange(void *memory, uint64_t new) { return __atomic_exchange_n((uint64_t *)memory, new, __ATOMIC_SEQ_CST); }
RUNTIME_SAFE static inline uint64_t runtime_fetch_and(void *memory, uint64_t mask) { return __atomic_fetch_and((uint64_t *)memory, mask, __ATOMIC_SEQ_CST); }
RUNTIME_SAFE static inline uint64_t runtime_fetch_or(void *memory, uint64_t bits) { return __atomic_fetch_or((uint64_t *)memory, bits, __ATOMIC_SEQ_CST); }
/** `held` from 1 to 0, in one step to this thread's signals: false where one has set it in between. */
RUNTIME_SAFE static inline bool runtime_let_go(struct runtime_thread *thread)
{
	uint64_t seen = 1;

	return __atomic_compare_exchange_n(&thread->held, &seen, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}
/** Keeps the compiler's order towards a signal on the same thread. */
RUNTIME_SAFE static inline void runtime_fence(void) { __atomic_signal_fence(__ATOMIC_SEQ_CST); }

/** Access the program's memory at any address; false where it faults and somebody catches that (the library, guard.S). */
RUNTIME_SAFE bool runtime_user_load(uint64_t address, uint64_t *out);
RUNTIME_SAFE bool runtime_user_store(uint64_t address, uint64_t value);
bool runtime_user_byte(uint64_t address, uint8_t *out);
/** How the last of these that failed on this thread did: the exception, CR2 and the error code. */
struct runtime_access {
	uint64_t vector, address, code;
};
RUNTIME_SAFE void runtime_access_last(struct runtime_access *out);

/** Zeroed private memory, whole pages; NULL if there is none. */
void *runtime_map(uint64_t size);
RUNTIME_SAFE void runtime_unmap(void *memory, uint64_t size);

/** Make the receiver's pipe signal this thread: 0 or a negated errno. `restart` picks the signal that restarts system calls. */
int runtime_pipe_open(struct runtime_receiver *receiver, uint32_t tid, bool restart);
/** A signal to the receiver's thread after so many nanoseconds. False where there is no timer. */
RUNTIME_SAFE bool runtime_timer_set(struct runtime_receiver *receiver, uint64_t nanoseconds);
void runtime_timer_delete(struct runtime_receiver *receiver);
/** A sealed memfd of one page, mapped: its descriptor, or a negated errno. */
int runtime_page_make(struct runtime_page **page);
/** A descriptor that carries the right to send: {vector} with memfd and pipe. `peer` is the other end of its socket. */
int runtime_descriptor_make(int memfd, int pipe_write, uint64_t vector, int *peer);
struct runtime_ticket {
	uint64_t vector, identity;
	int32_t memfd, notify;
};
/** Have the last close of the descriptor told to this thread, by runtime_close_signal(). */
void runtime_descriptor_watch(int peer, uint32_t tid);
/** The signal of that, or 0 where nobody asks. */
int runtime_close_signal(void);
/** Read it and leave it in place: 0, -EBADF, or -EOPNOTSUPP for a descriptor of another kind. The caller owns memfd and notify. */
int runtime_descriptor_read(int fd, struct runtime_ticket *out);
/** As many entries of a table as one message can carry, with two descriptors each. */
#define RUNTIME_TABLE_MAX 126
struct runtime_table {
	uint64_t magic, count;
	struct { uint32_t index, vector; } entry[RUNTIME_TABLE_MAX];
	int32_t file[2 * RUNTIME_TABLE_MAX];
};
static inline void runtime_table_add(struct runtime_table *table, uint64_t index, uint64_t vector, int memfd, int notify)
{
	table->entry[table->count].index = (uint32_t)index, table->entry[table->count].vector = (uint32_t)vector;
	table->file[2 * table->count] = memfd, table->file[2 * table->count + 1] = notify;
	table->count++;
}
static inline uint64_t runtime_table_index(const struct runtime_table *table, uint64_t place) { return table->entry[place].index; }
static inline uint64_t runtime_table_vector(const struct runtime_table *table, uint64_t place) { return table->entry[place].vector; }
static inline int runtime_table_memfd(const struct runtime_table *table, uint64_t place) { return table->file[2 * place]; }
static inline int runtime_table_notify(const struct runtime_table *table, uint64_t place) { return table->file[2 * place + 1]; }
/** A descriptor that carries a table, or a negated errno. */
int runtime_table_make(struct runtime_table *table);
/** Read it and leave it in place: 0, -EBADF, or -ENOTTY for a descriptor of another kind. The caller owns the files. */
int runtime_table_read(int fd, struct runtime_table *out);
/** True for a descriptor that runtime_descriptor_make made. */
bool runtime_descriptor_is(int fd);
/** Map the page of a sender; NULL if it is no such page. */
struct runtime_page *runtime_page_map(int memfd);
/** True when no copy of a descriptor is left whose other end `peer` is. */
bool runtime_descriptor_gone(int peer);
/** True when a pipe has no reader any more: its receiver's process has ended. */
bool runtime_pipe_gone(int notify);
int runtime_duplicate(int fd);
RUNTIME_SAFE void runtime_yield(void);
RUNTIME_SAFE void runtime_close(int fd);
/** Out of the way of the program's own numbers. Takes over `fd`; the new number, or a negated errno. */
int runtime_high(int fd);

/** This process sends from now on. Each variant of the runtime has its own. */
void runtime_signals_send(void);
/** Write a notification: 0 or a negated errno. */
RUNTIME_SAFE int runtime_notify(struct runtime_thread *thread, int pipe);
/**
 * Sleep while `awake` is 0, until a time of CLOCK_MONOTONIC in nanoseconds; from 2^63 - 1 up: for ever. 0 when `awake` changed,
 * -EINTR after another signal (with `restarts` only where its action says so), -ETIMEDOUT.
 */
int runtime_sleep(struct runtime_thread *thread, uint64_t deadline, bool restarts);
RUNTIME_SAFE uint64_t runtime_monotonic(void);
/** The other sleep of sleep.c: 0 when `asleep` is not 1 (any more), -EINTR after a signal, -ETIMEDOUT. */
int runtime_page_sleep(struct runtime_page *page, uint64_t deadline);
RUNTIME_SAFE static inline void runtime_page_set_asleep(struct runtime_page *page, bool asleep) { __atomic_store_n(&page->asleep, asleep, __ATOMIC_SEQ_CST); }
/** Wakes a receiver that sleeps so. False where none did: it is to be notified. */
RUNTIME_SAFE bool runtime_page_wake(struct runtime_page *page);
/** What handlers the program has: all restart system calls (or there are none), none does, or some do. */
enum runtime_restarting { RUNTIME_ALL_RESTART, RUNTIME_NONE_RESTARTS, RUNTIME_SOME_RESTART };
enum runtime_restarting runtime_restarting(void);
/** sleep.c: reads the pipe empty. All signals are blocked for these three. */
void runtime_pipe_drain(const struct runtime_receiver *receiver);
/** The sleep, with `mask`: 0 when something was written, -EINTR after a signal, -ETIMEDOUT. The deadline as above. */
int runtime_pipe_sleep(const struct runtime_receiver *receiver, uint64_t deadline, uint64_t mask);
/** Takes the notification's signal from the queue, if it is there. */
bool runtime_notification_take(const struct runtime_receiver *receiver);

/** One lock for the tables; taken with all signals blocked, so that a holder always runs on. */
void runtime_lock(void);
void runtime_unlock(void);
/** Block all signals but those of faults; the mask as it was. */
uint64_t runtime_signals_block(void);
void runtime_signals_restore(uint64_t mask);
/** Have runtime_thread_end called when the thread ends. */
void runtime_watch_thread_end(void);

#endif
