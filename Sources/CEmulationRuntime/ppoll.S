/* A system call whose end a signal's handler knows by the interrupted RIP. */
#include "functions.h"

	.globl	runtime_ppoll_return
	.hidden	runtime_ppoll_return
	.text

/* long runtime_ppoll(struct pollfd *fds, uint64_t count, struct timespec *time, const uint64_t *mask) */
	hidden_function runtime_ppoll
	movq	%rcx, %r10
	movl	$8, %r8d
	movl	$271, %eax
	syscall
runtime_ppoll_return:
	ret
	ends	runtime_ppoll

	.section .note.GNU-stack, "", @progbits
