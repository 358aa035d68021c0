/* How the runtime is left without a signal: to RIP, RFLAGS and RSP of a block, which a delivery may have changed. */
#include "registers.h"

	.text

/*
 * To the registers of the block at RSP. Where the slots cannot be written, or RET is refused for a misaligned RSP with AC = 1, which
 * the program has a right to, the library's SIGSEGV and SIGBUS handler goes on in its place.
 */
	.globl	runtime_leave, runtime_leave_stored, runtime_leave_switch, runtime_leave_return
	.hidden	runtime_leave, runtime_leave_stored, runtime_leave_switch, runtime_leave_return
	.type	runtime_leave, @function
	.balign	16
runtime_leave:
	.cfi_startproc
	.cfi_undefined rip
	movq	RSP(%rsp), %rcx
	subq	$SLOTS, %rcx
	movq	RFLAGS(%rsp), %rax
	movq	%rax, (%rcx)
	movq	RIP(%rsp), %rax
	movq	%rax, 8(%rcx)
runtime_leave_stored:
	movq	%rcx, RSP(%rsp)
	movq	R8(%rsp), %r8
	movq	R9(%rsp), %r9
	movq	R10(%rsp), %r10
	movq	R11(%rsp), %r11
	movq	R12(%rsp), %r12
	movq	R13(%rsp), %r13
	movq	R14(%rsp), %r14
	movq	R15(%rsp), %r15
	movq	RDI(%rsp), %rdi
	movq	RSI(%rsp), %rsi
	movq	RBP(%rsp), %rbp
	movq	RBX(%rsp), %rbx
	movq	RDX(%rsp), %rdx
	movq	RAX(%rsp), %rax
	movq	RCX(%rsp), %rcx
runtime_leave_switch:
	movq	RSP(%rsp), %rsp
	popfq
runtime_leave_return:
	ret	$(SLOTS - 16)
	.cfi_endproc
	.size	runtime_leave, . - runtime_leave

/* What a handler returns to. Unwinders know it by its bytes. */
	.globl	runtime_restorer
	.hidden	runtime_restorer
	.type	runtime_restorer, @function
	.balign	16
	nop
runtime_restorer:
	movq	$15, %rax
	syscall
	.size	runtime_restorer, . - runtime_restorer

	.section .note.GNU-stack, "", @progbits
