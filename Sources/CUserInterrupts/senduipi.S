/* SENDUIPI through each general register: F3 [REX.B] 0F C7 /6 with mod = 11 (SDM Vol. 2). */
	.text

	.macro senduipi number
	.if \number < 8
	.byte 0xf3, 0x0f, 0xc7, 0xf0 + \number
	.else
	.byte 0xf3, 0x41, 0x0f, 0xc7, 0xf0 + \number - 8
	.endif
	.endm

	.macro begin name
	.globl	uintr_senduipi_\name
	.hidden	uintr_senduipi_\name
	.type	uintr_senduipi_\name, @function
	.balign	16
uintr_senduipi_\name:
	.cfi_startproc
	endbr64
	.endm

	.macro finish name
	ret
	.cfi_endproc
	.size	uintr_senduipi_\name, . - uintr_senduipi_\name
	.endm

	.macro scratch number, name
	begin	\name
	movq	%rdi, %\name
	senduipi \number
	finish	\name
	.endm

	.macro preserved number, name
	begin	\name
	pushq	%\name
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset \name, 0
	movq	%rdi, %\name
	senduipi \number
	popq	%\name
	.cfi_adjust_cfa_offset -8
	.cfi_restore \name
	finish	\name
	.endm

	scratch		0, rax
	scratch		1, rcx
	scratch		2, rdx
	preserved	3, rbx
	preserved	5, rbp
	scratch		6, rsi
	scratch		7, rdi
	scratch		8, r8
	scratch		9, r9
	scratch		10, r10
	scratch		11, r11
	preserved	12, r12
	preserved	13, r13
	preserved	14, r14
	preserved	15, r15

	begin	rsp
	movq	%rsp, %rax
	.cfi_def_cfa_register rax
	movq	%rdi, %rsp
	senduipi 4
	movq	%rax, %rsp
	.cfi_def_cfa_register rsp
	finish	rsp

	.section .note.GNU-stack, "", @progbits
