/*
 * The entry that the processor jumps to, for handlers written in C or Swift.
 *
 * At delivery the processor skips the red zone (UISTACKADJUST = 128 as the kernels set it), aligns
 * RSP to 16 bytes and pushes RSP, RFLAGS, RIP and the vector (SDM Vol. 3A, 9.4.2). The entry saves
 * all general registers and the vector state, calls this thread's function with the ABI's state
 * (DF = AC = 0, x87 and MXCSR as at program start, RSP aligned to 16), restores all and ends in UIRET.
 */
#ifndef UINTR_ENTRY_H
#define UINTR_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What delivery pushed below the vector. Writes to it take effect at UIRET. */
struct uintr_frame {
	uint64_t rip;
	uint64_t rflags;
	uint64_t rsp;
};

/**
 * Runs with UIF = 0 between two instructions of anything: like a signal handler it may use only
 * what is async-signal-safe, and it must return. `vector` is 0 to 63.
 */
typedef void (*uintr_handler_function)(void *context, struct uintr_frame *frame, uint64_t vector);

/** The address for uintr_register_handler. Not to be called. */
extern void uintr_handler_entry(void);

/** `&uintr_handler_entry`, for languages that cannot take its address. */
const void *uintr_handler_entry_address(void);

/**
 * Set what uintr_handler_entry calls on this thread; NULL: nothing, a delivery is then dropped.
 * Set it before registering. It may be set anew with UIF = 1: a delivery in between is dropped, so
 * use CLUI around it where that matters. 0, or -ENOTSUP if the processor has no XSAVE.
 */
int uintr_handler_set(uintr_handler_function function, void *context);

uintr_handler_function uintr_handler_get(void **context);

/**
 * State components that the entry saves and restores: those of x87, SSE, AVX, AVX-512 and the
 * extended general registers (XCR0 bits 0, 1, 2, 5, 6, 7, 19) that the kernel has enabled. Compiled
 * code uses no others unasked. AMX tiles (8 KiB, bits 17 and 18) and PKRU (bit 9) are not saved: a
 * handler that uses them saves them itself.
 */
uint64_t uintr_handler_state_components(void);

/** Bytes that the XSAVE area takes. XSAVEC's compacted format where the processor has it. */
size_t uintr_handler_state_size(void);

/**
 * The greatest number of bytes that a delivery takes from the interrupted stack before the function is called: red
 * zone, frame, registers, XSAVE area and all alignment.
 */
size_t uintr_handler_stack_use(void);

/*
 * For tests on machines without user interrupts. The same entry, assembled from the same macro, but
 * ending in IRETQ (which sets no UIF) instead of UIRET.
 */
extern void uintr_test_handler_entry(void);
const void *uintr_test_handler_entry_address(void);

/** Use XSAVE's standard format though the processor has XSAVEC. Only while no thread is in a handler. */
void uintr_test_standard_format(bool standard);

#endif
