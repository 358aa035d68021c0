/* Offsets of struct shim_run, support.c. */
#define BEFORE		0
#define AFTER		128
#define RFLAGS_AFTER	256
#define OWN_RSP		264
#define LAUNCH_RSP	272
#define STATE_BEFORE	280
#define STATE_AFTER	288
#define COMPONENTS	296

	.text
/* void shim_launch(struct shim_run *run) */
	.globl	shim_launch
	.hidden	shim_launch
	.type	shim_launch, @function
shim_launch:
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, OWN_RSP(%rdi)
	movl	COMPONENTS(%rdi), %eax
	movl	COMPONENTS + 4(%rdi), %edx
	movq	STATE_BEFORE(%rdi), %rcx
	xrstor64 (%rcx)
	movq	BEFORE + 0(%rdi), %rax
	movq	BEFORE + 8(%rdi), %rcx
	movq	BEFORE + 16(%rdi), %rdx
	movq	BEFORE + 24(%rdi), %rbx
	movq	BEFORE + 40(%rdi), %rbp
	movq	BEFORE + 48(%rdi), %rsi
	movq	BEFORE + 64(%rdi), %r8
	movq	BEFORE + 72(%rdi), %r9
	movq	BEFORE + 80(%rdi), %r10
	movq	BEFORE + 88(%rdi), %r11
	movq	BEFORE + 96(%rdi), %r12
	movq	BEFORE + 104(%rdi), %r13
	movq	BEFORE + 112(%rdi), %r14
	movq	BEFORE + 120(%rdi), %r15
	/* Below the frame lie RFLAGS and the entry's address; both are gone when the entry starts. */
	movq	LAUNCH_RSP(%rdi), %rsp
	movq	BEFORE + 56(%rdi), %rdi
	popfq
	ret

/* The interrupted program goes on here. (%rsp) holds the run; nothing below RSP may be written. */
	.globl	shim_resume
	.hidden	shim_resume
shim_resume:
	xchgq	%rdi, (%rsp)
	movq	%rax, AFTER + 0(%rdi)
	movq	%rcx, AFTER + 8(%rdi)
	movq	%rdx, AFTER + 16(%rdi)
	movq	%rbx, AFTER + 24(%rdi)
	movq	%rsp, AFTER + 32(%rdi)
	movq	%rbp, AFTER + 40(%rdi)
	movq	%rsi, AFTER + 48(%rdi)
	movq	(%rsp), %rax
	movq	%rax, AFTER + 56(%rdi)
	movq	%r8, AFTER + 64(%rdi)
	movq	%r9, AFTER + 72(%rdi)
	movq	%r10, AFTER + 80(%rdi)
	movq	%r11, AFTER + 88(%rdi)
	movq	%r12, AFTER + 96(%rdi)
	movq	%r13, AFTER + 104(%rdi)
	movq	%r14, AFTER + 112(%rdi)
	movq	%r15, AFTER + 120(%rdi)
	movq	OWN_RSP(%rdi), %rsp
	pushfq
	popq	RFLAGS_AFTER(%rdi)
	pushq	$0x202
	popfq
	movl	COMPONENTS(%rdi), %eax
	movl	COMPONENTS + 4(%rdi), %edx
	movq	STATE_AFTER(%rdi), %rcx
	xsave64	(%rcx)
	fninit
	ldmxcsr	initial_mxcsr(%rip)
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	ret
	.size	shim_launch, . - shim_launch

/* void shim_spoiling_handler(struct shim_seen *seen, void *frame, uint64_t vector) */
	.globl	shim_spoiling_handler
	.type	shim_spoiling_handler, @function
shim_spoiling_handler:
	incq	0(%rdi)
	movq	%rsp, 8(%rdi)
	pushfq
	popq	16(%rdi)
	stmxcsr	24(%rdi)
	fnstcw	32(%rdi)
	movq	%rsi, 40(%rdi)
	movq	%rdx, 48(%rdi)
	ldmxcsr	odd_mxcsr(%rip)
	fldpi
	fldpi
	fldpi
	fldpi
	fldpi
	fldcw	odd_x87_control(%rip)
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	pcmpeqd	%xmm\n, %xmm\n
	.endr
	testb	$1, 56(%rdi)
	jz	1f
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	vcmptrueps %ymm\n, %ymm\n, %ymm\n
	.endr
1:	testb	$2, 56(%rdi)
	jz	2f
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	vpternlogd $0xff, %zmm\n, %zmm\n, %zmm\n
	.endr
	.irp	n, 0,1,2,3,4,5,6,7
	kxnorw	%k\n, %k\n, %k\n
	.endr
2:	movq	$-1, %rax
	movq	%rax, %rcx
	movq	%rax, %rdx
	movq	%rax, %rsi
	movq	%rax, %rdi
	movq	%rax, %r8
	movq	%rax, %r9
	movq	%rax, %r10
	movq	%rax, %r11
	ret
	.size	shim_spoiling_handler, . - shim_spoiling_handler

/* void shim_set_flags_and_fault(void *): leaves DF, AC, NT, ID, MXCSR, the x87 and all preserved registers spoiled. */
	.globl	shim_set_flags_and_fault
	.type	shim_set_flags_and_fault, @function
shim_set_flags_and_fault:
	ldmxcsr	odd_mxcsr(%rip)
	fldpi
	fldcw	odd_x87_control(%rip)
	movq	$-1, %rbx
	movq	%rbx, %rbp
	movq	%rbx, %r12
	movq	%rbx, %r13
	movq	%rbx, %r14
	movq	%rbx, %r15
	pushq	$0x244602
	popfq
	ud2
	.size	shim_set_flags_and_fault, . - shim_set_flags_and_fault

	.section .rodata
	.balign	4
initial_mxcsr:
	.long	0x1f80
odd_mxcsr:
	.long	0x7fbf
odd_x87_control:
	.word	0x0c7f

	.section .note.GNU-stack, "", @progbits
