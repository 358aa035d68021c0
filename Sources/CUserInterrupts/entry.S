/*
 * The handler entry. On the stack at its first instruction, from RSP up: vector, RIP, RFLAGS, RSP
 * (SDM Vol. 3A, 9.4.2), RSP aligned to 16.
 *
 * Invariant: nothing above the pushed RSP - 128 is written. Delivery has skipped the red zone
 * (UISTACKADJUST = 128), and the entry only pushes further down.
 */
#include "entry_macros.h"

/* Offsets of struct uintr_handler_state, entry.c. */
#define STATE_COMPONENTS_LOW	0
#define STATE_COMPONENTS_HIGH	4
#define STATE_SIZE		8
#define STATE_COMPACTED		16

#define SAVED_BYTES		120

#define RFLAGS_AC		0x40000

	.macro handler_entry name, leaving
	begin_entry \name
	save	rax
	save	rcx
	save	rdx
	save	rbx
	save	rbp
	save	rsi
	save	rdi
	save	r8
	save	r9
	save	r10
	save	r11
	save	r12
	save	r13
	save	r14
	save	r15
	movq	%rsp, %rbp
	.cfi_def_cfa_register rbp
	cld
	/* Delivery leaves AC as it was (SDM Vol. 3A, 9.4.2), and compiled code makes unaligned accesses. UIRET brings it back. */
	testl	$RFLAGS_AC, SAVED_BYTES + 16(%rbp)
	jz	5f
	pushfq
	andq	$~RFLAGS_AC, (%rsp)
	popfq
5:
	/* Initial-exec TLS: no call, so no lazy binding inside a handler. */
	movq	uintr_handler_slot@gottpoff(%rip), %rax
	movq	%fs:(%rax), %rbx
	movq	%fs:8(%rax), %r12
	testq	%rbx, %rbx
	jz	2f

	leaq	uintr_handler_state(%rip), %r13
	subq	STATE_SIZE(%r13), %rsp
	andq	$-64, %rsp
	/* XRSTOR raises #GP unless the header's reserved bytes are 0, and XSAVE does not write them. */
	xorl	%eax, %eax
	movq	%rax, 512(%rsp)
	movq	%rax, 520(%rsp)
	movq	%rax, 528(%rsp)
	movq	%rax, 536(%rsp)
	movq	%rax, 544(%rsp)
	movq	%rax, 552(%rsp)
	movq	%rax, 560(%rsp)
	movq	%rax, 568(%rsp)
	movl	STATE_COMPONENTS_LOW(%r13), %eax
	movl	STATE_COMPONENTS_HIGH(%r13), %edx
	cmpl	$0, STATE_COMPACTED(%r13)
	jne	3f
	xsave64	(%rsp)
	jmp	4f
3:	xsavec64 (%rsp)
4:
	/* psABI 3.2.1 at a call: x87 mode, empty stack, and the control words that a program starts with. */
	fninit
	ldmxcsr	initial_mxcsr(%rip)

	movq	%r12, %rdi
	leaq	SAVED_BYTES + 8(%rbp), %rsi
	movq	SAVED_BYTES(%rbp), %rdx
	call	*%rbx

	movl	STATE_COMPONENTS_LOW(%r13), %eax
	movl	STATE_COMPONENTS_HIGH(%r13), %edx
	xrstor64 (%rsp)
	movq	%rbp, %rsp
2:
	.cfi_def_cfa_register rsp
	restore	r15
	restore	r14
	restore	r13
	restore	r12
	restore	r11
	restore	r10
	restore	r9
	restore	r8
	restore	rdi
	restore	rsi
	restore	rbp
	restore	rbx
	restore	rdx
	restore	rcx
	restore	rax
	addq	$8, %rsp
	.cfi_adjust_cfa_offset -8
	\leaving
	end_entry \name
	.endm

	.text
	handler_entry uintr_handler_entry, leave_by_uiret
	handler_entry uintr_test_handler_entry, leave_by_iretq

	.section .rodata
	.balign	4
initial_mxcsr:
	.long	0x1f80

	.section .note.GNU-stack, "", @progbits
