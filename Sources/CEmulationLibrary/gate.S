/*
 * Where ordinary code enters the runtime without a signal, and how it leaves: to RIP, RFLAGS and RSP of the block, which a
 * delivery may have changed. The block is laid out as the registers of a ucontext are.
 */

#include "../CEmulationRuntime/registers.h"

/*
 * RFLAGS and RIP lie so far below the RSP that they go with: UIRET writes nothing, so what a handler has left below the red zone of
 * the code that it returns to, its frame to begin with, stays.
 */
#define SLOTS	512
/* Below the red zone: the frame that a delivery pushes (47 + 32 bytes at most) and the slots under it. */
#define GAP	1024

	.text

/*
 * To the registers of the block at RSP. Where the slots cannot be written, or RET is refused for a misaligned RSP with AC = 1, which
 * the program has a right to, the SIGSEGV and SIGBUS handler goes on in its place.
 */
	.globl	runtime_leave, runtime_leave_stored, runtime_leave_return
	.hidden	runtime_leave, runtime_leave_stored, runtime_leave_return
	.type	runtime_leave, @function
	.balign	16
runtime_leave:
	.cfi_startproc
	.cfi_undefined rip
	movq	RSP(%rsp), %rcx
	subq	$SLOTS, %rcx
	movq	RFLAGS(%rsp), %rax
	movq	%rax, (%rcx)
	movq	RIP(%rsp), %rax
	movq	%rax, 8(%rcx)
runtime_leave_stored:
	movq	%rcx, RSP(%rsp)
	load_registers
	movq	RSP(%rsp), %rsp
	popfq
runtime_leave_return:
	ret	$(SLOTS - 16)
	.cfi_endproc
	.size	runtime_leave, . - runtime_leave

/*
 * long syscall(long number, ...), in place of libc's: the calls of the chosen ABI are the runtime's, all others go to the kernel.
 * The boundary after the call is where a notification that came during it is delivered.
 */
	function syscall
	movl	%edi, %eax
	subl	runtime_first_call(%rip), %eax
	cmpl	runtime_call_span(%rip), %eax
	jb	1f
2:	movq	%rdi, %rax
	movq	%rsi, %rdi
	movq	%rdx, %rsi
	movq	%rcx, %rdx
	movq	%r8, %r10
	movq	%r9, %r8
	movq	8(%rsp), %r9
	syscall
	cmpq	$-4095, %rax
	jae	3f
	ret
3:	movq	%rax, %rdi
	jmp	runtime_fail

1:	leaq	8(%rsp), %rax
	leaq	-(GAP + BLOCK)(%rsp), %rsp
	.cfi_adjust_cfa_offset GAP + BLOCK
	andq	$-16, %rsp
	movq	%rax, RSP(%rsp)
	movq	-8(%rax), %rax
	movq	%rax, RIP(%rsp)
	pushfq
	popq	RFLAGS(%rsp)
	movq	%r12, R12(%rsp)
	movq	%r13, R13(%rsp)
	movq	%r14, R14(%rsp)
	movq	%r15, R15(%rsp)
	movq	%rbp, RBP(%rsp)
	movq	%rbx, RBX(%rsp)
	movq	%rdi, RDI(%rsp)
	movq	%rsi, RSI(%rsp)
	movq	%rdx, RDX(%rsp)
	movq	%rcx, RCX(%rsp)
	movq	%r8, R8(%rsp)
	movq	%r9, R9(%rsp)
	movq	%rsp, %rdi
	call	runtime_called
	jmp	runtime_leave
	ends	syscall

/*
 * The gates of the stubs (Patching.swift). A stub has moved RSP down by 128 and called: what it wants is the quadword after its
 * call, which nothing returns to. All registers are the program's; the runtime's code uses no vector register but XMM0-15.
 */
#define VECTORS	256
#define WHOLE	(GAP + VECTORS + BLOCK)
/* More than a gate and what it calls use of the stack. The store there faults before anything has changed (signals.c). */
#define DEPTH	4096

	.macro gate name, body
	hidden_function \name
	.globl	\name\()_probe
	.hidden	\name\()_probe
\name\()_probe:
	movq	%rax, -DEPTH(%rsp)
	leaq	-WHOLE(%rsp), %rsp
	.cfi_adjust_cfa_offset WHOLE
	movq	%rax, RAX(%rsp)
	pushfq
	popq	RFLAGS(%rsp)
	cld
	btl	$18, RFLAGS(%rsp)
	jnc	1f
	pushq	$0x202
	popfq
1:	movq	%rcx, RCX(%rsp)
	movq	%rdx, RDX(%rsp)
	movq	%rbx, RBX(%rsp)
	movq	%rbp, RBP(%rsp)
	movq	%rsi, RSI(%rsp)
	movq	%rdi, RDI(%rsp)
	movq	%r8, R8(%rsp)
	movq	%r9, R9(%rsp)
	movq	%r10, R10(%rsp)
	movq	%r11, R11(%rsp)
	movq	%r12, R12(%rsp)
	movq	%r13, R13(%rsp)
	movq	%r14, R14(%rsp)
	movq	%r15, R15(%rsp)
	leaq	WHOLE(%rsp), %rax
	movq	(%rax), %rsi
	movq	(%rsi), %rsi
	addq	$136, %rax
	movq	%rax, RSP(%rsp)
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	movups	%xmm\n, BLOCK + 16 * \n(%rsp)
	.endr
	movq	%rsp, %rbx
	.cfi_def_cfa rbx, WHOLE + 8
	movq	%rsp, %rdi
	andq	$-16, %rsp
	call	\body
	movq	%rbx, %rsp
	.cfi_def_cfa rsp, WHOLE + 8
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	movups	BLOCK + 16 * \n(%rsp), %xmm\n
	.endr
	jmp	runtime_leave
	ends	\name
	.endm

	gate runtime_gate_boundary, runtime_gated_boundary
	gate runtime_gate_execute, runtime_gated_execute

	signal_entry runtime_illegal_entry, runtime_on_illegal
	signal_entry runtime_breakpoint_entry, runtime_on_breakpoint
	signal_entry runtime_pipe_entry, runtime_on_pipe
	signal_entry runtime_system_call_entry, runtime_on_system_call
	signal_entry runtime_fault_entry, runtime_on_fault
	signal_entry runtime_notify_entry, runtime_on_notification

	.section .note.GNU-stack, "", @progbits
