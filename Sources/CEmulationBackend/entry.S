/*
 * Where a delivery starts, and how ordinary code is left for one. The block is laid out as the registers of a ucontext are; above
 * it lie the five quadwords that IRETQ takes.
 */
#include "../CEmulationRuntime/registers.h"

#define IRET	BLOCK
/* Below the red zone: the frame that the next delivery pushes (47 + 32 bytes at most), also where a handler has moved RSP down. */
#define GAP	1024
#define WHOLE	(GAP + BLOCK + 48)

/* struct runtime_thread; backend.c checks it. */
#define THREAD_UIF	0
#define THREAD_MISSED	24
/* struct emulation_state */
#define STATE_COMPONENTS_LOW	0
#define STATE_COMPONENTS_HIGH	4
#define STATE_SIZE		8

	.macro label name
	.globl	\name
	.hidden	\name
\name:
	.endm

	.macro keep register, place
	movq	%\register, \place(%rsp)
	.cfi_rel_offset \register, \place
	.endm

	.text

/*
 * UIHANDLER. On the stack at its first instruction, from RSP up: vector, RIP, RFLAGS, RSP (SDM Vol. 3A, 9.4.2), aligned to 16.
 *
 * UIRET is one instruction: between UIF = 1 and the loading of RSP, a delivery would start on an alternate stack above this block,
 * and overwrite it. So UIF is set last, and a signal that comes from there on finds its way to the interrupted code by the block
 * (signal.c). One that came while UIF was 0 has set `missed`, and is looked at before.
 */
	.balign	16
	label	emulation_entry
	.type	emulation_entry, @function
	.cfi_startproc simple
	.cfi_signal_frame
	.cfi_def_cfa rsp, 32
	.cfi_offset rip, -24
	.cfi_offset rsp, -8
	endbr64
	leaq	-WHOLE(%rsp), %rsp
	.cfi_adjust_cfa_offset WHOLE
	keep	rax, RAX
	keep	rcx, RCX
	keep	rdx, RDX
	keep	rbx, RBX
	keep	rbp, RBP
	keep	rsi, RSI
	keep	rdi, RDI
	keep	r8, R8
	keep	r9, R9
	keep	r10, R10
	keep	r11, R11
	keep	r12, R12
	keep	r13, R13
	keep	r14, R14
	keep	r15, R15
	movq	%rsp, %rbx
	.cfi_def_cfa_register rbx
	/* psABI 3.2.1 at a call: DF = 0. Compiled code makes unaligned accesses, IRETQ does not run with NT; delivery leaves both. */
	cld
	pushfq
	andq	$~(AC | NT), (%rsp)
	popfq
	/* What UIRET pops. */
	leaq	WHOLE + 8(%rbx), %rax
	movq	%rax, RSP(%rbx)
	movq	$0, RIP(%rbx)
	movq	$0x202, RFLAGS(%rbx)

	leaq	emulation_state(%rip), %r13
	subq	STATE_SIZE(%r13), %rsp
	andq	$-64, %rsp
	/* XRSTOR raises #GP unless the header's reserved bytes are 0, and XSAVE does not write them. */
	xorl	%eax, %eax
	.irp	place, 512, 520, 528, 536, 544, 552, 560, 568
	movq	%rax, \place(%rsp)
	.endr
	movl	STATE_COMPONENTS_LOW(%r13), %eax
	movl	STATE_COMPONENTS_HIGH(%r13), %edx
	xsave64	(%rsp)
	/* psABI 3.2.1: x87 mode, empty stack, and the control words that a program starts with. */
	fninit
	ldmxcsr	initial_mxcsr(%rip)

	leaq	WHOLE(%rbx), %rdi
	call	emulation_handle
	movq	%rbx, %rdi
	call	emulation_return
1:	movl	%eax, %r12d
	movq	%rsp, %r14
	movl	STATE_COMPONENTS_LOW(%r13), %eax
	movl	STATE_COMPONENTS_HIGH(%r13), %edx
	xrstor64 (%rsp)
	movq	%rbx, %rsp
	testl	%r12d, %r12d
	je	emulation_leave
	movq	runtime_current@gottpoff(%rip), %rcx
	movq	$1, %fs:THREAD_UIF(%rcx)
	label	emulation_committed
	cmpl	$0, %fs:THREAD_MISSED(%rcx)
	je	emulation_leave
	movq	$0, %fs:THREAD_UIF(%rcx)
	label	emulation_uncommitted
	movq	%r14, %rsp
	movq	%rbx, %rdi
	call	emulation_again
	jmp	1b
	ends	emulation_entry

/*
 * void emulation_deliver_here(void): the boundary at its return, in ordinary code. What a call may clobber is not kept; the entry
 * keeps the rest, and the control words.
 */
	hidden_function emulation_deliver_here
	leaq	8(%rsp), %rax
	leaq	-WHOLE(%rsp), %rsp
	.cfi_adjust_cfa_offset WHOLE
	andq	$-16, %rsp
	movq	%rbx, RBX(%rsp)
	movq	%rax, %rbx
	.cfi_def_cfa rbx, 0
	movq	%rax, RSP(%rsp)
	movq	-8(%rax), %rax
	movq	%rax, RIP(%rsp)
	pushfq
	popq	RFLAGS(%rsp)
	pushfq
	andq	$~NT, (%rsp)
	popfq
	movq	%rbp, RBP(%rsp)
	movq	%r12, R12(%rsp)
	movq	%r13, R13(%rsp)
	movq	%r14, R14(%rsp)
	movq	%r15, R15(%rsp)
	movq	%rsp, %rdi
	call	emulation_deliver
	ends	emulation_deliver_here
	/* Falls through. */

/* To the registers of the block at RSP: the last of them in one instruction, which refuses to run with NT set. */
	label	emulation_leave
	.type	emulation_leave, @function
	.cfi_startproc
	.cfi_undefined rip
	movq	RIP(%rsp), %rax
	movq	%rax, IRET(%rsp)
	movl	%cs, %eax
	movq	%rax, IRET + 8(%rsp)
	movq	RFLAGS(%rsp), %rax
	movq	%rax, IRET + 16(%rsp)
	movq	RSP(%rsp), %rax
	movq	%rax, IRET + 24(%rsp)
	movl	%ss, %eax
	movq	%rax, IRET + 32(%rsp)
	load_registers
	leaq	IRET(%rsp), %rsp
	label	emulation_leave_switched
	iretq
	.cfi_endproc
	.size	emulation_leave, . - emulation_leave

	signal_entry emulation_notify_entry, emulation_on_notification

	.section .rodata
	.balign	4
initial_mxcsr:
	.long	0x1f80

	.section .note.GNU-stack, "", @progbits
