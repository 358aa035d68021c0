/* For the assembly: the block of registers by which code enters and leaves the runtime, as a ucontext lays them out. Not a C header. */
#ifndef EMULATION_REGISTERS_H
#define EMULATION_REGISTERS_H

#include "functions.h"

#define R8	0
#define R9	8
#define R10	16
#define R11	24
#define R12	32
#define R13	40
#define R14	48
#define R15	56
#define RDI	64
#define RSI	72
#define RBP	80
#define RBX	88
#define RDX	96
#define RAX	104
#define RCX	112
#define RSP	120
#define RIP	128
#define RFLAGS	136
#define BLOCK	144

/* From the block at RSP, all but RSP, RIP and RFLAGS. */
	.macro load_registers
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
	.endm

/*
 * A handler starts with the interrupted AC and NT: compiled code makes unaligned accesses. It ends with NT and ID as the context has
 * them, since sigreturn takes over neither (FIX_EFLAGS in the kernel), and UIRET loads both.
 */
#define NT	0x4000
#define AC	0x40000
#define ID	0x200000
/* From a handler's RSP at its first instruction: the return address, then the ucontext. */
#define CONTEXT_RFLAGS	(8 + 40 + RFLAGS)
	.macro signal_entry name, handler
	hidden_function \name
	pushfq
	.cfi_adjust_cfa_offset 8
	andq	$~(AC | NT), (%rsp)
	popfq
	.cfi_adjust_cfa_offset -8
	subq	$8, %rsp
	.cfi_adjust_cfa_offset 8
	call	\handler
	addq	$8, %rsp
	.cfi_adjust_cfa_offset -8
	pushfq
	.cfi_adjust_cfa_offset 8
	movq	CONTEXT_RFLAGS + 8(%rsp), %rax
	andl	$(NT | ID), %eax
	andq	$~(NT | ID), (%rsp)
	orq	%rax, (%rsp)
	popfq
	.cfi_adjust_cfa_offset -8
	ret
	ends	\name
	.endm

#endif
