/* A system call whose end a signal's handler knows by the interrupted RIP. */
	.globl	runtime_ppoll, runtime_ppoll_return
	.hidden	runtime_ppoll
	.hidden	runtime_ppoll_return
	.type	runtime_ppoll, @function
	.text

/* long runtime_ppoll(struct pollfd *fds, uint64_t count, struct timespec *time, const uint64_t *mask) */
runtime_ppoll:
	.cfi_startproc
	movq	%rcx, %r10
	movl	$8, %r8d
	movl	$271, %eax
	syscall
runtime_ppoll_return:
	ret
	.cfi_endproc
	.size	runtime_ppoll, . - runtime_ppoll

	.section .note.GNU-stack, "", @progbits
