/* The recording handler entry: no C, no vector state. Stack at entry as in entry.S. */
#include "entry_macros.h"

/* Offsets of struct uintr_record_log and struct uintr_record, uintr_record.h. */
#define LOG_RECORDS	0
#define LOG_CAPACITY	8
#define LOG_COUNT	16
#define LOG_OVERFLOW	24
#define RECORD_SIZE	56

	.macro read_uif_by_testui
	.byte	0xf3, 0x0f, 0x01, 0xed
	setc	%dl
	movzbl	%dl, %edx
	.endm

	.macro read_uif_not_at_all
	movl	$2, %edx
	.endm

	.macro record_entry name, read_uif, leaving
	begin_entry \name
	pushfq
	.cfi_adjust_cfa_offset 8
	save	rax
	save	rcx
	save	rdx
	movq	uintr_record_slot@gottpoff(%rip), %rax
	movq	%fs:(%rax), %rax
	testq	%rax, %rax
	jz	2f
	movq	LOG_COUNT(%rax), %rcx
	cmpq	LOG_CAPACITY(%rax), %rcx
	jae	1f
	imulq	$RECORD_SIZE, %rcx, %rcx
	addq	LOG_RECORDS(%rax), %rcx
	movq	32(%rsp), %rdx
	movq	%rdx, (%rcx)
	movq	40(%rsp), %rdx
	movq	%rdx, 8(%rcx)
	movq	48(%rsp), %rdx
	movq	%rdx, 16(%rcx)
	movq	56(%rsp), %rdx
	movq	%rdx, 24(%rcx)
	leaq	32(%rsp), %rdx
	movq	%rdx, 32(%rcx)
	movq	24(%rsp), %rdx
	movq	%rdx, 40(%rcx)
	\read_uif
	movq	%rdx, 48(%rcx)
	incq	LOG_COUNT(%rax)
	jmp	2f
1:	incq	LOG_OVERFLOW(%rax)
2:	restore	rdx
	restore	rcx
	restore	rax
	addq	$16, %rsp
	.cfi_adjust_cfa_offset -16
	\leaving
	end_entry \name
	.endm

	.text
	record_entry uintr_record_entry, read_uif_by_testui, leave_by_uiret
	record_entry uintr_test_record_entry, read_uif_not_at_all, leave_by_iretq

	.section .note.GNU-stack, "", @progbits
