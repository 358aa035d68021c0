/*
 * What C cannot say: leaving one stack for another, and a loop that keeps its data in the red zone.
 *
 * A green thread that does not run is a stack pointer. There it has, from below: MXCSR and the x87 control word, R15 to R12,
 * RBX, RBP, and where to go on. All else is the caller's to save (psABI 3.2.1), and for a thread that was preempted the
 * handler's entry has saved it already, further up on the same stack.
 */
	.text

/* void greenthreads_switch(void **from, void *to): both sides run with preemption masked. */
	.globl	greenthreads_switch
	.type	greenthreads_switch, @function
	.balign	16
greenthreads_switch:
	.cfi_startproc
	endbr64
	pushq	%rbp
	.cfi_adjust_cfa_offset 8
	pushq	%rbx
	.cfi_adjust_cfa_offset 8
	pushq	%r12
	.cfi_adjust_cfa_offset 8
	pushq	%r13
	.cfi_adjust_cfa_offset 8
	pushq	%r14
	.cfi_adjust_cfa_offset 8
	pushq	%r15
	.cfi_adjust_cfa_offset 8
	subq	$8, %rsp
	.cfi_adjust_cfa_offset 8
	stmxcsr	(%rsp)
	fnstcw	4(%rsp)
	movq	%rsp, (%rdi)
	movq	%rsi, %rsp
	ldmxcsr	(%rsp)
	fldcw	4(%rsp)
	addq	$8, %rsp
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
	.size	greenthreads_switch, . - greenthreads_switch

/* Where a new green thread goes on; RSP is aligned to 16. Nothing called it, which is what unwinders are told. */
	.globl	greenthreads_start
	.type	greenthreads_start, @function
	.balign	16
greenthreads_start:
	.cfi_startproc
	.cfi_undefined rip
	endbr64
	call	greenthreads_main
	ud2
	.cfi_endproc
	.size	greenthreads_start, . - greenthreads_start

/*
 * uint64_t redzone_sum(uint64_t steps, uint64_t seed): all 16 quadwords below RSP hold a part of the sum, and no instruction
 * moves RSP. What a delivery writes without skipping 128 bytes changes the result.
 */
	.globl	redzone_sum
	.type	redzone_sum, @function
	.balign	16
redzone_sum:
	.cfi_startproc
	endbr64
	xorl	%eax, %eax
	.irp	place, 8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 120, 128
	movq	%rsi, -\place(%rsp)
	addq	$\place, %rsi
	.endr
1:	.irp	place, 8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 120, 128
	addq	-\place(%rsp), %rax
	rolq	$7, -\place(%rsp)
	.endr
	subq	$1, %rdi
	jnz	1b
	ret
	.cfi_endproc
	.size	redzone_sum, . - redzone_sum

	.section .note.GNU-stack, "", @progbits
