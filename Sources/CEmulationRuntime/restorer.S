	.text

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
