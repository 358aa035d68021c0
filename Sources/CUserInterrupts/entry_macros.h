/* Assembly shared by the handler entries. Not a C header. */

/* RIP, RFLAGS and RSP lie on the stack as delivery pushed them; what follows describes them to unwinders. */
	.macro begin_entry name
	.globl	\name
	.type	\name, @function
	.balign	16
\name:
	.cfi_startproc simple
	.cfi_signal_frame
	.cfi_def_cfa rsp, 32
	.cfi_offset rip, -24
	.cfi_offset rsp, -8
	endbr64
	.endm

	.macro end_entry name
	.cfi_endproc
	.size	\name, . - \name
	.endm

	.macro save register
	pushq	%\register
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset \register, 0
	.endm

	.macro restore register
	popq	%\register
	.cfi_adjust_cfa_offset -8
	.cfi_restore \register
	.endm

/* UIRET: pops RIP, RFLAGS, RSP and sets UIF. */
	.macro leave_by_uiret
	.byte	0xf3, 0x0f, 0x01, 0xec
	.endm

/*
 * The ordinary equivalent, with UIF left out: the three quadwords that UIRET would pop are copied
 * below into the five that IRETQ pops. IRETQ refuses to run with NT set, UIRET does not mind.
 */
	.macro leave_by_iretq
	pushfq
	andq	$~0x4000, (%rsp)
	popfq
	pushq	%rax
	subq	$48, %rsp
	movq	56(%rsp), %rax
	movq	%rax, (%rsp)
	movl	%cs, %eax
	movq	%rax, 8(%rsp)
	movq	64(%rsp), %rax
	movq	%rax, 16(%rsp)
	movq	72(%rsp), %rax
	movq	%rax, 24(%rsp)
	movl	%ss, %eax
	movq	%rax, 32(%rsp)
	movq	48(%rsp), %rax
	iretq
	.endm
