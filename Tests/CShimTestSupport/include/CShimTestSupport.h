/*
 * A delivery by software: registers, vector state and red zone of an interrupted program are given, the
 * frame is built where the processor would build it, a handler entry runs, and everything is read
 * back. What the processor does at delivery is done here by hand; the entry is the code under test.
 */
#ifndef CSHIMTESTSUPPORT_H
#define CSHIMTESTSUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHIM_RED_ZONE 128

/** What a handler found when it was called. */
struct shim_seen {
	uint64_t calls;
	uint64_t rsp;
	uint64_t rflags;
	uint64_t mxcsr, x87_control;
	uint64_t frame;
	uint64_t vector;
	/* What the handler spoils: 1 = AVX, 2 = AVX-512. */
	uint64_t spoil;
};

/** A handler that fills *context (struct shim_seen) and spoils every register that a callee may. */
void shim_spoiling_handler(void *context, void *frame, uint64_t vector);

struct shim_run;

/** An interrupted program with patterns in all its registers, made from `seed`. RSP mod 16 = `misalignment`. NULL without memory. */
struct shim_run *shim_run_new(uint64_t seed, unsigned int misalignment, uint64_t rflags);
void shim_run_free(struct shim_run *run);

/** Deliver `vector` to `entry`. */
void shim_run_deliver(struct shim_run *run, const void *entry, uint64_t vector);

uint64_t shim_run_register_before(const struct shim_run *run, unsigned int number);
uint64_t shim_run_register_after(const struct shim_run *run, unsigned int number);
uint64_t shim_run_rflags_after(const struct shim_run *run);
/** Where RIP stands on the stack during the handler: what a handler must be given as its frame. */
uint64_t shim_run_frame(const struct shim_run *run);
uint64_t shim_run_resume_address(void);
/** Number of the 128 bytes below the interrupted RSP that changed. */
unsigned int shim_run_red_zone_changes(const struct shim_run *run);
/** Bits of the state components in `components` whose saved image changed. */
uint64_t shim_run_changed_components(const struct shim_run *run, uint64_t components);
/** XCR0. */
uint64_t shim_enabled_components(void);
/** The handler's `spoil` for this machine. */
uint64_t shim_spoil(void);

/** Handler whose context is a struct shim_nesting: it interrupts a second program, itself in the handler. */
struct shim_nesting {
	struct shim_run *inner;
	const void *entry;
	uint64_t inner_vector;
	uint64_t vectors[2];
	uint64_t depth;
};
void shim_nesting_handler(void *context, void *frame, uint64_t vector);

/** For guards. */
void shim_read_byte(void *address);
void shim_undefined(void *unused);
void shim_divide_by_zero(void *unused);
void shim_set_flags_and_fault(void *unused);
uint64_t shim_rflags(void);
uint32_t shim_mxcsr(void);
/** The x87 control word after a guarded fault, when it was `control` before. */
uint16_t shim_x87_control_after_fault(uint16_t control);
/** A page that no access may touch. */
void *shim_forbidden_page(void);
/** Make a handler that counts SIGILL's action; and put back what was before. -1: the action was another by then. */
void shim_count_sigills(void);
int shim_sigills_counted(void);
/** raise(SIGILL): a signal that is no fault. */
void shim_send_sigill(void *unused);

#endif
