// The first 4 KiB of the image: a boot sector and a loader. Real mode, then 64-bit mode with the first GiB mapped as it is.
//
// The BIOS loads sector 0 to 7C00H and names the drive in DL; a disk and a USB stick look alike. INT 13H with extensions
// (AH = 42H) reads the rest. Low memory in use: 1000H–3FFFH page tables, 7C00H–8BFFH this, 10000H–17FFFH what was just read.

.set KERNEL, 0x200000               // where kernel.ld loads it; it is linked OFFSET higher
.set OFFSET, 0x7F0000000000
.set CASES, 0x1000000               // where the file of cases goes: 16 MiB
.set BOUNCE, 0x10000
.set CHUNK, 64                      // sectors read at once
.set TABLES, 0x1000

.section .boot, "ax"
.code16
.globl _start
_start:
    jmp     1f
    nop
    .org    0x5A                    // some BIOSes write a parameter block's fields on the way
1:  cli
    xorw    %ax, %ax
    movw    %ax, %ds
    movw    %ax, %es
    movw    %ax, %ss
    movw    $0x7C00, %sp
    ljmp    $0, $2f
2:  sti
    cld
    movb    %dl, drive
    movb    $0x41, %ah
    movw    $0x55AA, %bx
    int     $0x13
    jc      no_extensions
    cmpw    $0xAA55, %bx
    jne     no_extensions
    movw    $packet, %si
    movb    $0x42, %ah
    movb    drive, %dl
    int     $0x13
    jc      disk_error
    jmp     loader

no_extensions:
    movw    $extensions_text, %si
    jmp     fail
disk_error:
    movw    $disk_text, %si
fail:
    lodsb
    testb   %al, %al
    jz      2f
    movb    %al, %cl
    movw    $0x3F8, %dx             // COM1, as the BIOS left it
    outb    %al, %dx
    movb    %cl, %al
    movb    $0x0E, %ah
    movw    $7, %bx
    int     $0x10
    jmp     fail
2:  cli
    hlt
    jmp     2b

extensions_text: .asciz "1..0 # SKIP the BIOS has no INT 13H extensions for this drive\r\n"
disk_text:       .asciz "Bail out! the BIOS could not read the image\r\n"
drive:           .byte 0

    .balign 4
packet:
    .byte   16, 0
packet_count:   .word 7
packet_offset:  .word 0x7E00
packet_segment: .word 0
packet_lba:     .quad 1

    .org    0x1BE                   // a partition table, without which some BIOSes take a stick for a floppy
    .byte   0x80, 0, 2, 0, 0xDA, 0xFE, 0xFF, 0xFF
    .long   1, 0xFFFF
    .org    0x1FE
    .word   0xAA55

// Sector 1. What the image's builder fills in.
    .ascii  "UINTRIMG"
.globl bm_header
bm_header:
kernel_sectors: .long 0
cases_sectors:  .long 0
cases_bytes:    .quad 0

loader:
    movw    $0x2401, %ax            // A20; where the BIOS does not know the call, port 92H
    int     $0x15
    inb     $0x92, %al
    orb     $2, %al
    andb    $0xFE, %al
    outb    %al, $0x92

    movl    $8, %ebx
    movl    $KERNEL, %edi
    movl    kernel_sectors, %ecx
    call    load
    movl    $CASES, %edi
    movl    cases_sectors, %ecx
    call    load

    cli
    movb    $0xFF, %al              // no interrupts from the 8259s
    outb    %al, $0x21
    outb    %al, $0xA1

    xorl    %eax, %eax
    movl    $TABLES, %edi
    movl    $(3 * 1024), %ecx
    rep stosl
    movl    $(TABLES + 0x1003), TABLES
    movl    $(TABLES + 0x2003), TABLES + 0x1000
    movl    $(TABLES + 0x1003), TABLES + 254 * 8    // the same GiB once more, at OFFSET
    movl    $0x83, %eax             // present, writable, 2 MiB
    movl    $(TABLES + 0x2000), %edi
    movl    $512, %ecx
1:  movl    %eax, (%edi)
    addl    $0x200000, %eax
    addl    $8, %edi
    decl    %ecx
    jnz     1b

    movl    $TABLES, %eax
    movl    %eax, %cr3
    movl    %cr4, %eax
    orl     $0x20, %eax             // PAE
    movl    %eax, %cr4
    movl    $0xC0000080, %ecx       // IA32_EFER.LME
    rdmsr
    orl     $0x100, %eax
    wrmsr
    lgdtl   gdt_pointer
    movl    %cr0, %eax
    orl     $0x80000001, %eax       // PG, PE
    movl    %eax, %cr0
    ljmpl   $0x10, $long_mode

// Reads ECX sectors from sector EBX on to linear address EDI, and moves EBX behind them.
load:
    testl   %ecx, %ecx
    jz      3f
    movl    $CHUNK, %eax
    cmpl    %eax, %ecx
    jae     1f
    movl    %ecx, %eax
1:  movw    %ax, packet_count
    movw    $0, packet_offset
    movw    $(BOUNCE >> 4), packet_segment
    movl    %ebx, packet_lba
    pushal
    movw    $packet, %si
    movb    $0x42, %ah
    movb    drive, %dl
    int     $0x13
    popal
    jc      disk_error
    addl    %eax, %ebx
    subl    %eax, %ecx
    pushl   %ecx
    shll    $7, %eax                // quarters of a sector's 512 bytes
    movl    %eax, %ecx
    // Segment limits of 4 GiB, which stay when protected mode is left again. A BIOS call may undo it: so each time.
    cli
    lgdtl   gdt_pointer
    movl    %cr0, %eax
    orb     $1, %al
    movl    %eax, %cr0
    jmp     2f
2:  movw    $8, %dx
    movw    %dx, %ds
    movw    %dx, %es
    andb    $0xFE, %al
    movl    %eax, %cr0
    jmp     2f
2:  xorw    %dx, %dx
    movw    %dx, %ds
    movw    %dx, %es
    movl    $BOUNCE, %esi
    .byte   0x67, 0xF3, 0x66, 0xA5  // REP MOVSD with 32-bit addresses
    sti
    popl    %ecx
    jmp     load
3:  ret

    .balign 8
gdt:
    .quad   0
    .quad   0x00CF92000000FFFF      // data, 4 GiB
    .quad   0x00209A0000000000      // code, 64-bit
gdt_pointer:
    .word   23
    .long   gdt

.code64
long_mode:
    xorl    %eax, %eax
    movl    %eax, %ds
    movl    %eax, %es
    movl    %eax, %fs
    movl    %eax, %gs
    movl    %eax, %ss
    movl    $0x7C00, %esp
    movabsq $OFFSET, %rdi
    leaq    KERNEL(%rdi), %rax
    addq    $bm_header, %rdi
    jmp     *%rax

    .org    4096
