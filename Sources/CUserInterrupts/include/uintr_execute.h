/*
 * Executing given instruction bytes at CPL 3 with every general register given, and reading every
 * register afterwards: what a comparison of the processor with its description needs.
 */
#ifndef UINTR_EXECUTE_H
#define UINTR_EXECUTE_H

#include <stddef.h>
#include <stdint.h>

#include "uintr_guard.h"

/** All general registers of a logical processor at CPL 3. The order is fixed: assembly reads it. */
struct uintr_cpu_context {
	uint64_t rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rip;
	uint64_t rflags;
};

/** Memory for instructions: writable or executable, never both. */
struct uintr_code {
	uint8_t *base;
	size_t size;
};

/** Map `size` bytes (rounded up to pages), all INT3. Negative errno on failure. */
int uintr_code_map(struct uintr_code *code, size_t size);
void uintr_code_unmap(struct uintr_code *code);

/**
 * Fill the memory with INT3 and put `count` bytes at `offset`; `*start` becomes their address,
 * `*end` that of the INT3 behind them. -EINVAL if they and one INT3 do not fit.
 */
int uintr_code_place(struct uintr_code *code, size_t offset, const void *bytes, size_t count,
		     uint64_t *start, uint64_t *end);

/**
 * Load all registers from `*context`, run from its rip until the INT3 at `end`, store all registers
 * back. 0: `end` was reached, and rip = end. 1: a signal came first; the registers are those at the
 * fault and `*fault` says which. Negative errno: nothing was run.
 *
 * RSP may be any value, mapped or not: signals use the alternate stack. (A user interrupt does not;
 * with UIF = 1 RSP must be a stack with room below its red zone.) FS and GS bases must be left alone.
 *
 * RFLAGS: CF PF AF ZF SF DF OF NT AC ID are loaded and read back as they are. TF is loaded and ends the run
 * after one instruction as SIGTRAP, #DB. RF is loaded and lasts for the first instruction. IF, IOPL,
 * VM, VIF and VIP cannot be changed at CPL 3 and bit 1 is always 1: what is read back is the processor's.
 * Many runs cost less inside one uintr_run_guarded, which then prepares the signals once for all.
 *
 * In what is read back, TF is what the code left, and RF is as the exception pushed it.
 */
int uintr_execute(struct uintr_cpu_context *context, uint64_t end, struct uintr_fault *fault);

#endif
