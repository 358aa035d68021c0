/* alone.h. What is exported here bears the library's own prefix: it takes the place of libc's, which the library cannot have. */

/* Where struct runtime_thread has `self`; alone.c checks it. */
#define SELF	16

#include "../CEmulationRuntime/functions.h"
#include "../CEmulationRuntime/registers.h"

	.text

/* The first instruction of the process: RSP is the program's, all other registers are 0. */
	function uintr_emulation_entry
	movq	%rsp, %rbx
	movq	%rsp, %rdi
	andq	$-16, %rsp
	call	runtime_alone_start
	movq	%rbx, %rsp
	xorl	%eax, %eax
	xorl	%ebx, %ebx
	xorl	%ecx, %ecx
	xorl	%edx, %edx
	xorl	%esi, %esi
	xorl	%edi, %edi
	xorl	%r8d, %r8d
	xorl	%r9d, %r9d
	xorl	%r10d, %r10d
	xorl	%r11d, %r11d
	jmp	*runtime_alone_words(%rip)
	ends uintr_emulation_entry

/* struct runtime_thread *runtime_alone_thread(void): `self` of the block that GS's base is. */
	hidden_function runtime_alone_thread
	movq	%gs:SELF, %rax
	ret
	ends runtime_alone_thread

/*
 * The child's first instructions. RSP is its block: the registers as a ucontext has them, then its signal mask and its state.
 * RSP of the block is the stack that the program gave; below its red zone lie the slots of the last instruction.
 */
	hidden_function runtime_clone
	movq	%rcx, %r10
	movl	$56, %eax
	syscall
	testq	%rax, %rax
	jz	1f
	ret
1:	.cfi_undefined rip
	movl	$158, %eax
	movl	$0x1001, %edi
	movq	BLOCK + 8(%rsp), %rsi
	syscall
	movl	$14, %eax
	movl	$2, %edi
	leaq	BLOCK(%rsp), %rsi
	xorl	%edx, %edx
	movl	$8, %r10d
	syscall
	movq	R8(%rsp), %r8
	movq	R9(%rsp), %r9
	movq	R10(%rsp), %r10
	movq	R12(%rsp), %r12
	movq	R13(%rsp), %r13
	movq	R14(%rsp), %r14
	movq	R15(%rsp), %r15
	movq	RDI(%rsp), %rdi
	movq	RSI(%rsp), %rsi
	movq	RBP(%rsp), %rbp
	movq	RBX(%rsp), %rbx
	movq	RDX(%rsp), %rdx
	movq	RFLAGS(%rsp), %r11
	movq	RSP(%rsp), %rcx
	subq	$144, %rcx
	movq	%r11, (%rcx)
	movq	RIP(%rsp), %rax
	movq	%rax, 8(%rcx)
	xorl	%eax, %eax
	movq	%rcx, %rsp
	popfq
	ret	$128
	ends runtime_clone

	function uintr_emulation_strlen
	xorl	%eax, %eax
1:	cmpb	$0, (%rdi,%rax)
	je	2f
	incq	%rax
	jmp	1b
2:	ret
	ends uintr_emulation_strlen

	.section .note.GNU-stack, "", @progbits
