/* Entering a guard, entering a given set of registers, and the one place where both come back to. */

#define GUARD_RSP	8
#define NT_AND_AC	0x44000

	.macro internal name
	.globl	\name
	.hidden	\name
	.type	\name, @function
	.balign	16
\name:
	.endm

	.macro save_caller guard
	.cfi_startproc
	endbr64
	pushq	%rbp
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset rbp, 0
	pushq	%rbx
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset rbx, 0
	pushq	%r12
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r12, 0
	pushq	%r13
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r13, 0
	pushq	%r14
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r14, 0
	pushq	%r15
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r15, 0
	pushfq
	.cfi_adjust_cfa_offset 8
	subq	$16, %rsp
	.cfi_adjust_cfa_offset 16
	stmxcsr	(%rsp)
	fnstcw	4(%rsp)
	movq	%rsp, GUARD_RSP(\guard)
	.endm

	.text

/* int uintr_guard_call(void (*function)(void *), void *argument, struct uintr_guard *guard) */
	internal uintr_guard_call
	save_caller %rdx
	movq	%rdi, %rax
	movq	%rsi, %rdi
	call	*%rax
	xorl	%eax, %eax
	jmp	1f

/* The signal handler's sigreturn comes here, RSP = guard->rsp, EAX = the result. */
	.globl	uintr_guard_landing
	.hidden	uintr_guard_landing
uintr_guard_landing:
	fninit
	ldmxcsr	(%rsp)
	fldcw	4(%rsp)
1:	addq	$16, %rsp
	.cfi_adjust_cfa_offset -16
	popfq
	.cfi_adjust_cfa_offset -8
	popq	%r15
	.cfi_adjust_cfa_offset -8
	popq	%r14
	.cfi_adjust_cfa_offset -8
	popq	%r13
	.cfi_adjust_cfa_offset -8
	popq	%r12
	.cfi_adjust_cfa_offset -8
	popq	%rbx
	.cfi_adjust_cfa_offset -8
	popq	%rbp
	.cfi_adjust_cfa_offset -8
	ret
	.cfi_endproc
	.size	uintr_guard_call, . - uintr_guard_call

/*
 * int uintr_guard_enter_context(struct uintr_cpu_context *context, struct uintr_guard *guard)
 *
 * IRETQ is the one instruction that loads RIP, RFLAGS and RSP at once and needs no register for it.
 */
	internal uintr_guard_enter_context
	save_caller %rsi
	movl	%ss, %eax
	pushq	%rax
	.cfi_adjust_cfa_offset 8
	pushq	32(%rdi)
	.cfi_adjust_cfa_offset 8
	pushq	136(%rdi)
	.cfi_adjust_cfa_offset 8
	movl	%cs, %eax
	pushq	%rax
	.cfi_adjust_cfa_offset 8
	pushq	128(%rdi)
	.cfi_adjust_cfa_offset 8
	movq	(%rdi), %rax
	movq	8(%rdi), %rcx
	movq	16(%rdi), %rdx
	movq	24(%rdi), %rbx
	movq	40(%rdi), %rbp
	movq	48(%rdi), %rsi
	movq	64(%rdi), %r8
	movq	72(%rdi), %r9
	movq	80(%rdi), %r10
	movq	88(%rdi), %r11
	movq	96(%rdi), %r12
	movq	104(%rdi), %r13
	movq	112(%rdi), %r14
	movq	120(%rdi), %r15
	movq	56(%rdi), %rdi
	.globl	uintr_guard_iretq
	.hidden	uintr_guard_iretq
uintr_guard_iretq:
	iretq
	.cfi_endproc
	.size	uintr_guard_enter_context, . - uintr_guard_enter_context

/*
 * The signal handler's first instructions. The kernel starts a handler with the interrupted NT and
 * AC: compiled code makes unaligned accesses, and sigreturn does not restore NT.
 */
	internal uintr_guard_signal
	.cfi_startproc
	endbr64
	pushfq
	.cfi_adjust_cfa_offset 8
	andq	$~NT_AND_AC, (%rsp)
	popfq
	.cfi_adjust_cfa_offset -8
	jmp	uintr_guard_signal_handler
	.cfi_endproc
	.size	uintr_guard_signal, . - uintr_guard_signal

	.section .note.GNU-stack, "", @progbits
