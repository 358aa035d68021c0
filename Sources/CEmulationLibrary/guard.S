/* Accesses to the program's memory that may fault: the SIGSEGV handler finds RIP at one of three places and goes to the fourth. */

#include "../CEmulationRuntime/functions.h"

	.text

	.globl	runtime_access_load, runtime_access_store, runtime_access_byte, runtime_access_failed
	.hidden	runtime_access_load, runtime_access_store, runtime_access_byte, runtime_access_failed

/* bool runtime_user_load(uint64_t address, uint64_t *out) */
	hidden_function runtime_user_load
runtime_access_load:
	movq	(%rdi), %rax
	movq	%rax, (%rsi)
	movl	$1, %eax
	ret
	ends runtime_user_load

/* bool runtime_user_store(uint64_t address, uint64_t value) */
	hidden_function runtime_user_store
runtime_access_store:
	movq	%rsi, (%rdi)
	movl	$1, %eax
	ret
	ends runtime_user_store

/* bool runtime_user_byte(uint64_t address, uint8_t *out) */
	hidden_function runtime_user_byte
runtime_access_byte:
	movb	(%rdi), %al
	movb	%al, (%rsi)
	movl	$1, %eax
	ret
runtime_access_failed:
	xorl	%eax, %eax
	ret
	ends runtime_user_byte

	.section .note.GNU-stack, "", @progbits
