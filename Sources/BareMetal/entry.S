// 64-bit: the kernel's first instructions, the way into a case and back, and the start of the other processors.

.set CPU_HOST_RSP, 8
.set CPU_IN_CASE, 16
.set CONTEXT, 32
.set RIP, CONTEXT + 128
.set CS, CONTEXT + 136
.set RFLAGS, CONTEXT + 144
.set RSP, CONTEXT + 152
.set SS, CONTEXT + 160
.set VECTOR, CONTEXT + 168
.set ERROR, CONTEXT + 176
.set CR2, CONTEXT + 184

.section .text.start, "ax"
.globl bm_start
bm_start:
    movq    %rdi, %rbx
    leaq    bm_bss(%rip), %rdi
    leaq    bm_bss_end(%rip), %rcx
    subq    %rdi, %rcx
    shrq    $3, %rcx
    xorl    %eax, %eax
    cld
    rep stosq
    leaq    bm_stacks + 65536(%rip), %rsp
    movq    %cr4, %rax              // OSFXSR, OSXMMEXCPT: compiled code uses XMM registers
    orq     $0x600, %rax
    movq    %rax, %cr4
    movq    %cr0, %rax              // MP, NE, WP; not EM, TS
    andq    $~0xC, %rax
    orq     $0x10022, %rax
    movq    %rax, %cr0
    movq    %rbx, %rdi
    call    bm_main
1:  cli
    hlt
    jmp     1b

.text
// void bm_enter(struct bm_cpu *)
// The x87 and XMM registers start out as after reset, so that XSAVES finds those components in their initial configuration.
.globl bm_enter
bm_enter:
    pushq   %rbx
    pushq   %rbp
    pushq   %r12
    pushq   %r13
    pushq   %r14
    pushq   %r15
    movq    %rsp, CPU_HOST_RSP(%rdi)
    movq    $1, CPU_IN_CASE(%rdi)
    fninit
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    xorps   %xmm\n, %xmm\n
    .endr
    movq    CONTEXT + 32(%rdi), %rax
    movq    %rax, RSP(%rdi)
    leaq    RIP(%rdi), %rsp
    movq    CONTEXT + 0(%rdi), %rax
    movq    CONTEXT + 8(%rdi), %rcx
    movq    CONTEXT + 16(%rdi), %rdx
    movq    CONTEXT + 24(%rdi), %rbx
    movq    CONTEXT + 40(%rdi), %rbp
    movq    CONTEXT + 48(%rdi), %rsi
    movq    CONTEXT + 64(%rdi), %r8
    movq    CONTEXT + 72(%rdi), %r9
    movq    CONTEXT + 80(%rdi), %r10
    movq    CONTEXT + 88(%rdi), %r11
    movq    CONTEXT + 96(%rdi), %r12
    movq    CONTEXT + 104(%rdi), %r13
    movq    CONTEXT + 112(%rdi), %r14
    movq    CONTEXT + 120(%rdi), %r15
    movq    CONTEXT + 56(%rdi), %rdi
.globl bm_enter_iretq
bm_enter_iretq:
    iretq

// Every vector ends here, with it on the stack. The stack is always IST1, whose top is a multiple of 16: so bit 3 of RSP tells
// whether the processor pushed an error code, also where an interrupt has the vector of an exception.
exit_common:
    testb   $8, %spl
    jnz     1f
    pushq   (%rsp)
    movq    $0, 8(%rsp)
1:  pushq   %rdi
    movq    %gs:0, %rdi
    movq    %rax, CONTEXT + 0(%rdi)
    movq    %rcx, CONTEXT + 8(%rdi)
    movq    %rdx, CONTEXT + 16(%rdi)
    movq    %rbx, CONTEXT + 24(%rdi)
    movq    %rbp, CONTEXT + 40(%rdi)
    movq    %rsi, CONTEXT + 48(%rdi)
    movq    %r8, CONTEXT + 64(%rdi)
    movq    %r9, CONTEXT + 72(%rdi)
    movq    %r10, CONTEXT + 80(%rdi)
    movq    %r11, CONTEXT + 88(%rdi)
    movq    %r12, CONTEXT + 96(%rdi)
    movq    %r13, CONTEXT + 104(%rdi)
    movq    %r14, CONTEXT + 112(%rdi)
    movq    %r15, CONTEXT + 120(%rdi)
    popq    CONTEXT + 56(%rdi)
    popq    VECTOR(%rdi)
    popq    ERROR(%rdi)
    popq    RIP(%rdi)
    popq    CS(%rdi)
    popq    RFLAGS(%rdi)
    popq    CONTEXT + 32(%rdi)
    popq    SS(%rdi)
    movq    %cr2, %rax
    movq    %rax, CR2(%rdi)
    cld
    fninit
    ldmxcsr initial_mxcsr(%rip)
    cmpq    $0, CPU_IN_CASE(%rdi)
    je      2f
    movq    $0, CPU_IN_CASE(%rdi)
    movq    CPU_HOST_RSP(%rdi), %rsp
    pushq   $2
    popfq
    popq    %r15
    popq    %r14
    popq    %r13
    popq    %r12
    popq    %rbp
    popq    %rbx
    ret
2:  andq    $~15, %rsp
    call    bm_unexpected
3:  cli
    hlt
    jmp     3b

    .balign 16
stubs:
    .set    vector, 0
    .rept   256
    .balign 16
    .byte   0x68                    // PUSH imm32, for a stub of one length
    .long   vector
    jmp     exit_common
    .set    vector, vector + 1
    .endr

// uint64_t bm_stub_address(unsigned)
.globl bm_stub_address
bm_stub_address:
    movl    %edi, %edi
    shlq    $4, %rdi
    leaq    stubs(%rip), %rax
    addq    %rdi, %rax
    ret

// void bm_load_descriptors(gdt pointer, idt pointer, TSS selector)
.globl bm_load_descriptors
bm_load_descriptors:
    lgdt    (%rdi)
    lidt    (%rsi)
    ltr     %dx
    popq    %rax
    pushq   $0x08
    pushq   %rax
    lretq

.globl bm_try_rdmsr, bm_try_wrmsr, bm_try_cr4, bm_try_xsetbv, bm_try_nothing
bm_try_rdmsr:
    rdmsr
    int3
bm_try_wrmsr:
    wrmsr
    int3
bm_try_cr4:
    movq    %rax, %cr4
    int3
bm_try_xsetbv:
    xsetbv
    int3
bm_try_nothing:
    nop
    nop
    int3

    .balign 4
initial_mxcsr: .long 0x1F80

// Copied to 9000H, where the start-up IPI's vector points. The four quadwords at its end are filled in by the starter.
.set AP, 0x9000
.code16
.globl bm_ap_begin, bm_ap_end
    .balign 16
bm_ap_begin:
    cli
    cld
    xorw    %ax, %ax
    movw    %ax, %ds
    movl    $0x620, %eax            // PAE, OSFXSR, OSXMMEXCPT
    movl    %eax, %cr4
    movl    AP + (ap_cr3 - bm_ap_begin), %eax
    movl    %eax, %cr3
    movl    $0xC0000080, %ecx       // IA32_EFER: LME, NXE
    rdmsr
    orl     $0x900, %eax
    wrmsr
    lgdtl   AP + (ap_gdt_pointer - bm_ap_begin)
    movl    $0x80010033, %eax       // PG, WP, NE, ET, MP, PE: CD and NW off
    movl    %eax, %cr0
    ljmpl   $0x08, $(AP + (ap_long_mode - bm_ap_begin))
.code64
ap_long_mode:
    xorl    %eax, %eax
    movl    %eax, %ds
    movl    %eax, %es
    movl    %eax, %fs
    movl    %eax, %gs
    movl    %eax, %ss
    movq    AP + (ap_stack - bm_ap_begin), %rsp
    movq    AP + (ap_argument - bm_ap_begin), %rdi
    movq    AP + (ap_entry - bm_ap_begin), %rax
    xorl    %ebp, %ebp
    call    *%rax
    .balign 8
ap_gdt:
    .quad   0
    .quad   0x00209A0000000000
ap_gdt_pointer:
    .word   15
    .long   AP + (ap_gdt - bm_ap_begin)
    .balign 8
ap_cr3:         .quad 0
ap_stack:       .quad 0
ap_argument:    .quad 0
ap_entry:       .quad 0
bm_ap_end:
