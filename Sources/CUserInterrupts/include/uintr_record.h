/*
 * A handler entry that writes down what the processor delivered, and touches nothing else: no
 * vector state, no C. For checking delivery itself.
 */
#ifndef UINTR_RECORD_H
#define UINTR_RECORD_H

#include <stdint.h>

/** uintr_record.entry_uif where the entry did not read it. */
#define UINTR_RECORD_UIF_UNREAD 2

struct uintr_record {
	/** As pushed by the delivery. */
	uint64_t vector, rip, rflags, rsp;
	/** RSP at the first instruction of the handler: it points at the vector. */
	uint64_t entry_rsp;
	/** RFLAGS at the first instruction, as PUSHFQ shows it (RF reads as 0). */
	uint64_t entry_rflags;
	/** UIF in the handler, by TESTUI: 0 or 1; UINTR_RECORD_UIF_UNREAD from the test entry. */
	uint64_t entry_uif;
};

/** Caller's memory; `records` has room for `capacity`. Only the owning thread's entry writes it. */
struct uintr_record_log {
	struct uintr_record *records;
	uint64_t capacity;
	/** Records written, at most `capacity`. */
	uint64_t count;
	/** Deliveries that found no room. */
	uint64_t overflow;
};

/** The address for uintr_register_handler. ENDBR64 first, UIRET last. Not to be called. */
extern void uintr_record_entry(void);
const void *uintr_record_entry_address(void);

/** Set this thread's log; NULL: deliveries leave no trace. The log must outlive its use. */
void uintr_record_set(struct uintr_record_log *log);

/** The same entry ending in IRETQ, and without TESTUI: for tests on machines without user interrupts. */
extern void uintr_test_record_entry(void);
const void *uintr_test_record_entry_address(void);

#endif
