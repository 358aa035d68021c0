# The way from a BIOS' boot sector to 64-bit mode, and from CPL 0 to CPL 3 and back. All memory below 1 GiB is mapped at its own
# address, open to CPL 3; 2-4 MiB in pages of 4 KiB, so that a reproduction may take rights away; the local APIC uncached.
	.code16
	.section .boot, "ax"
	.globl _start
_start:
	cli
	xor	%ax, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	%ax, %ss
	mov	$0x7c00, %sp
	ljmp	$0, $1f
1:	movb	%dl, drive
2:	# 32 sectors a time, to 1000:0000 and on
	mov	$packet, %si
	movb	$0x42, %ah
	movb	drive, %dl
	int	$0x13
	jc	disk_error
	addw	$0x400, packet_segment
	addl	$32, packet_lba
	decw	sectors_left
	jnz	2b
	in	$0x92, %al
	or	$2, %al
	out	%al, $0x92
	lgdt	gdt_pointer
	mov	%cr0, %eax
	or	$1, %eax
	mov	%eax, %cr0
	ljmp	$0x18, $protected
disk_error:
	mov	$'!', %al
	out	%al, $0xe9
	hlt
	jmp	disk_error

	.code32
protected:
	mov	$0x10, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	%ax, %ss
	mov	$0x9000, %esp
	# page tables at 0x1000: PML4, PDPT, PD, and one PT for 2-4 MiB
	mov	$0x1000, %edi
	xor	%eax, %eax
	mov	$0x1000, %ecx
	rep stosl
	movl	$0x2007, 0x1000
	movl	$0x3007, 0x2000
	movl	$0xc000009f, 0x2018		# 3-4 GiB: 1 GiB page, PCD, PWT
	mov	$0x87, %eax
	mov	$0x3000, %edi
	mov	$512, %ecx
1:	mov	%eax, (%edi)
	add	$0x200000, %eax
	add	$8, %edi
	loop	1b
	movl	$0x4007, 0x3008
	mov	$0x200007, %eax
	mov	$0x4000, %edi
	mov	$512, %ecx
1:	mov	%eax, (%edi)
	add	$0x1000, %eax
	add	$8, %edi
	loop	1b
	mov	$0x1000, %eax
	mov	%eax, %cr3
	mov	$0x40620, %eax			# OSXSAVE, OSXMMEXCPT, OSFXSR, PAE
	mov	%eax, %cr4
	mov	$0xc0000080, %ecx
	rdmsr
	or	$0x100, %eax
	wrmsr
	mov	%cr0, %eax
	and	$0xfffffff3, %eax
	or	$0x80010002, %eax		# PG, WP, MP
	mov	%eax, %cr0
	ljmp	$0x08, $long_mode
	.code64
long_mode:
	jmp	start64

drive:	.byte	0
	.balign	4
sectors_left:
	.word	4
packet:	.byte	16, 0
	.word	32, 0
packet_segment:
	.word	0x1000
packet_lba:
	.quad	1
	.balign	8
gdt_pointer:
	.word	gdt_end - gdt - 1
	.long	gdt
	.globl	gdt
	.balign	8
gdt:	.quad	0
	.quad	0x00af9a000000ffff		# 08 code, 64-bit, CPL 0
	.quad	0x00cf92000000ffff		# 10 data
	.quad	0x00cf9a000000ffff		# 18 code, 32-bit, CPL 0
	.quad	0x00cff2000000ffff		# 20 data, CPL 3
	.quad	0x00affa000000ffff		# 28 code, 64-bit, CPL 3
	.quad	0, 0				# 30 TSS
gdt_end:
	.org	510
	.word	0xaa55

	.text
start64:
	mov	$0x80000, %rsp
	mov	$0x10, %ax
	mov	%ax, %ds
	mov	%ax, %ss
	call	main
1:	hlt
	jmp	1b

# Every vector's entry: vector and error code (0 where the processor pushes none) onto the stack.
	.balign	16
	.globl	stubs
stubs:
	.set	vector, 0
	.rept	256
	.balign	16
	.if	(vector == 8) || (vector >= 10 && vector <= 14) || (vector == 17) || (vector == 21)
	.else
	push	$0
	.endif
	push	$vector
	jmp	common
	.set	vector, vector + 1
	.endr

common:	cmpq	$0x20, (%rsp)
	jb	leave
	cmpq	$0x80, (%rsp)
	je	leave
	cmpq	$0x81, (%rsp)
	je	leave
	# an interrupt: count it, EOI, go on
	push	%rax
	push	%rcx
	push	%rdx
	mov	24(%rsp), %rax
	incl	counts(, %rax, 4)
	cmpl	$0, x2apic
	jne	1f
	mov	$0xfee000b0, %eax
	movl	$0, (%rax)
	jmp	2f
1:	mov	$0x80b, %ecx
	xor	%eax, %eax
	xor	%edx, %edx
	wrmsr
2:	pop	%rdx
	pop	%rcx
	pop	%rax
	add	$16, %rsp
	iretq
	# anything else ends the attempt: {vector, error, RIP, CS, RFLAGS, RSP, SS} are kept
leave:	popq	trap_vector
	popq	trap_error
	popq	trap_rip
	popq	trap_cs
	popq	trap_rflags
	popq	trap_rsp
	mov	saved_rsp, %rsp
	cld
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	mov	$1, %eax
	ret

# int attempt(void (*function)(void)): 0 if it came back, 1 if a fault or INT 80H/81H ended it
	.globl	attempt
attempt:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, saved_rsp
	call	*%rdi
	mov	saved_rsp, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	xor	%eax, %eax
	ret

# int attempt_user(void (*function)(void), uint64_t rsp, uint64_t rflags): the same at CPL 3
	.globl	attempt_user
attempt_user:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, saved_rsp
	push	$0x23
	push	%rsi
	push	%rdx
	push	$0x2b
	push	%rdi
	iretq

	.globl	senduipi_r8, senduipi_rdx, senduipi_rax
.macro	only register
	mov	$-1, %rax
	mov	%rax, %rbx
	mov	%rax, %rcx
	mov	%rax, %rdx
	mov	%rax, %rsi
	mov	%rax, %rdi
	mov	%rax, %r8
	mov	%rax, %r9
	mov	%rax, %r10
	mov	%rax, %r11
	mov	%rax, %r12
	mov	%rax, %r13
	mov	%rax, %r14
	mov	%rax, %r15
	mov	%rax, %rbp
	mov	$0, \register
	senduipi \register
	ret
.endm
senduipi_r8:	only %r8
senduipi_rdx:	only %rdx
senduipi_rax:	only %rax

	.globl	uiret_here
uiret_here:
	mov	%rsp, %rax
	push	%rax				# taken for the new RSP by one who reads the frame 8 bytes too high
	push	%rax
	pushfq
	lea	1f(%rip), %rcx
	push	%rcx
	uiret
	int3
1:	ret

	.globl	user_tpause, user_stui, user_waits, user_int80, user_handler, user_ud2, user_uiret
user_tpause:					# until an interrupt: the deadline is far away, yet no overflow for Bochs
	rdtsc
	add	$1, %edx
	xor	%ecx, %ecx
	tpause	%ecx
	int	$0x80
user_stui:
	stui
user_waits:
	mov	$1000, %ecx
1:	dec	%ecx
	jnz	1b
	int	$0x80
user_handler:
	int	$0x81
user_ud2:
	ud2
user_uiret:					# the frame stands ready at RSP
	uiret

# In compatibility mode: a self-IPI of vector ECH, taken at once.
	.globl	notify_compatibility
notify_compatibility:
	push	%rbx
	mov	$0x10, %eax			# a return to CPL 3 has made DS null
	mov	%eax, %ds
	push	$0x18
	lea	compatibility(%rip), %rax
	push	%rax
	lretq
	.code32
compatibility:
	mov	$0xfee00300, %eax
	movl	$0x400ec, (%eax)
	sti
	nop
	nop
	cli
	ljmp	$0x08, $1f
	.code64
1:	pop	%rbx
	ret

	.bss
	.globl	counts, trap_vector, trap_error, trap_rip, trap_cs, trap_rflags, trap_rsp, x2apic
	.balign	8
saved_rsp:	.quad	0
trap_vector:	.quad	0
trap_error:	.quad	0
trap_rip:	.quad	0
trap_cs:	.quad	0
trap_rflags:	.quad	0
trap_rsp:	.quad	0
x2apic:		.quad	0
counts:		.skip	1024
