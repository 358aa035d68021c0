/*
 * The library's own copies of what compilers call for a structure: libc's use vector registers whose upper halves a gate does not
 * save. Hidden: they stand in for libc's here only.
 */

#include "../CEmulationRuntime/functions.h"

	.text

	hidden_function memcpy
	movq	%rdi, %rax
	movq	%rdx, %rcx
	rep movsb
	ret
	ends memcpy

	hidden_function memmove
	movq	%rdi, %rax
	movq	%rdx, %rcx
	movq	%rdi, %r8
	subq	%rsi, %r8
	cmpq	%rdx, %r8
	jb	1f
	rep movsb
	ret
1:	leaq	-1(%rdi,%rdx), %rdi
	leaq	-1(%rsi,%rdx), %rsi
	std
	rep movsb
	cld
	ret
	ends memmove

	hidden_function memset
	movq	%rdi, %r8
	movl	%esi, %eax
	movq	%rdx, %rcx
	rep stosb
	movq	%r8, %rax
	ret
	ends memset

	hidden_function memcmp
	xorl	%eax, %eax
	xorl	%r8d, %r8d
1:	cmpq	%rdx, %r8
	jae	2f
	movzbl	(%rdi,%r8), %eax
	movzbl	(%rsi,%r8), %ecx
	incq	%r8
	subl	%ecx, %eax
	jz	1b
2:	ret
	ends memcmp

/* Swift's standard library seeds its hashes with it; the runtime hashes nothing. */
	hidden_function arc4random_buf
	xorl	%edx, %edx
	movl	$318, %eax
	syscall
	ret
	ends arc4random_buf

	.section .note.GNU-stack, "", @progbits
