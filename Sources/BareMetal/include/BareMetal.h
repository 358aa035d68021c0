// What Swift needs of the processor and cannot say itself. It decides nothing.
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { bm_cpus = 4, bm_stack_size = 65536, bm_layout_pages = 16 };

// The processor state of a case, as it was when control came back. entry.S knows the offsets.
struct bm_context {
    uint64_t gpr[16];       // 0: by an instruction's register number
    uint64_t rip;           // 128: from here the frame that IRETQ pops
    uint64_t cs;
    uint64_t rflags;        // 144
    uint64_t rsp;           // gpr[4] again
    uint64_t ss;            // 160
    uint64_t vector;        // 168
    uint64_t error;         // 176
    uint64_t cr2;           // 184
};

// One processor. GS points here.
struct bm_cpu {
    uint64_t address;           // 0: its own
    uint64_t host_rsp;          // 8
    uint64_t in_case;           // 16: 1 between bm_enter and the exception or interrupt that ends it
    uint64_t index;             // 24
    struct bm_context context;  // 32
    volatile uint64_t online;
    volatile uint64_t request;  // 1: the processor is asked to run bm_perform_request
};

extern struct bm_cpu bm_cpu[bm_cpus];
extern uint8_t bm_stacks[bm_cpus][bm_stack_size];
extern uint8_t bm_fault_stacks[bm_cpus][4096];
extern uint64_t bm_tables[7][512];
extern uint8_t bm_layout[bm_layout_pages][4096];

// Loads the registers of cpu->context and continues there, at the CPL that its CS says. Returns at the next exception or
// interrupt, whichever it is, with the registers in cpu->context.
void bm_enter(struct bm_cpu *cpu);
// The IRETQ of bm_enter: what faults here never reached the case.
extern const uint8_t bm_enter_iretq[];
// Single instructions, each with INT3 behind it, for bm_enter to try.
extern const uint8_t bm_try_rdmsr[], bm_try_wrmsr[], bm_try_cr4[], bm_try_xsetbv[], bm_try_nothing[];

void *memset(void *to, int value, size_t count);
// The first index in from..<to where two arrays differ; to if there is none.
unsigned bm_first_difference(const uint64_t *a, const uint64_t *b, unsigned from, unsigned to);
void bm_load_descriptors(const void *gdt, const void *idt, uint64_t tss_selector);
uint64_t bm_stub_address(unsigned vector);
extern const uint8_t bm_ap_begin[], bm_ap_end[];
void bm_ap_start(struct bm_cpu *cpu);

static inline struct bm_cpu *bm_cpu_at(uint64_t index) { return &bm_cpu[index]; }
static inline uint64_t bm_address(const volatile void *pointer) { return (uint64_t)(uintptr_t)pointer; }
// The runner is linked this much above its physical addresses, and sees the first GiB of memory there.
#define bm_offset 0x7F0000000000ull
static inline uint64_t bm_physical(const volatile void *pointer) { return bm_address(pointer) - bm_offset; }
static inline uint64_t bm_linear(uint64_t physical) { return physical + bm_offset; }
static inline uint64_t bm_stack_top(uint64_t index) { return bm_address(bm_stacks[index]) + bm_stack_size; }
static inline uint64_t bm_fault_stack_top(uint64_t index) { return bm_address(bm_fault_stacks[index]) + 4096; }
static inline uint64_t *bm_table(unsigned index) { return bm_tables[index]; }
static inline uint8_t *bm_layout_page(unsigned index) { return bm_layout[index]; }
static inline uint64_t *bm_gprs(struct bm_cpu *cpu) { return cpu->context.gpr; }

static inline uint64_t bm_iretq_address(void) { return bm_address(bm_enter_iretq); }
static inline uint64_t bm_try_rdmsr_address(void) { return bm_address(bm_try_rdmsr); }
static inline uint64_t bm_try_wrmsr_address(void) { return bm_address(bm_try_wrmsr); }
static inline uint64_t bm_try_cr4_address(void) { return bm_address(bm_try_cr4); }
static inline uint64_t bm_try_xsetbv_address(void) { return bm_address(bm_try_xsetbv); }
static inline uint64_t bm_try_nothing_address(void) { return bm_address(bm_try_nothing); }

static inline const void *bm_ap_begin_pointer(void) { return bm_ap_begin; }
static inline const void *bm_ap_end_pointer(void) { return bm_ap_end; }
static inline uint64_t bm_ap_start_address(void) { return (uint64_t)(uintptr_t)&bm_ap_start; }

static inline void bm_ask(struct bm_cpu *cpu) {
    // Release: what was written before is there when the other processor sees the request.
    __atomic_store_n(&cpu->request, 1, __ATOMIC_RELEASE);
    while (__atomic_load_n(&cpu->request, __ATOMIC_ACQUIRE)) __asm__ volatile("pause");
}
static inline uint64_t bm_is_online(struct bm_cpu *cpu) { return __atomic_load_n(&cpu->online, __ATOMIC_ACQUIRE); }

static inline void bm_out8(uint16_t port, uint8_t value) { __asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port)); }
static inline void bm_out16(uint16_t port, uint16_t value) { __asm__ volatile("outw %0, %1" ::"a"(value), "Nd"(port)); }
static inline uint8_t bm_in8(uint16_t port) {
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}
static inline uint64_t bm_rdmsr(uint32_t msr) {
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}
static inline void bm_wrmsr(uint32_t msr, uint64_t value) {
    __asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}
struct bm_cpuid { uint32_t eax, ebx, ecx, edx; };
static inline struct bm_cpuid bm_cpuid(uint32_t leaf, uint32_t subleaf) {
    struct bm_cpuid r;
    __asm__ volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(subleaf));
    return r;
}
static inline uint64_t bm_read_cr0(void) {
    uint64_t value;
    __asm__ volatile("movq %%cr0, %0" : "=r"(value));
    return value;
}
static inline void bm_write_cr0(uint64_t value) { __asm__ volatile("movq %0, %%cr0" ::"r"(value) : "memory"); }
static inline void bm_write_cr3(uint64_t value) { __asm__ volatile("movq %0, %%cr3" ::"r"(value) : "memory"); }
static inline uint64_t bm_read_cr4(void) {
    uint64_t value;
    __asm__ volatile("movq %%cr4, %0" : "=r"(value));
    return value;
}
static inline void bm_write_cr4(uint64_t value) { __asm__ volatile("movq %0, %%cr4" ::"r"(value) : "memory"); }
static inline uint64_t bm_read_xcr0(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}
static inline void bm_invlpg(uint64_t address) { __asm__ volatile("invlpg (%0)" ::"r"(address) : "memory"); }
static inline void bm_pause(void) { __asm__ volatile("pause"); }
static inline void bm_halt(void) { __asm__ volatile("cli; hlt"); }
// CLUI, STUI, TESTUI, as bytes: an assembler need not know them. CR4.UINTR is 1.
static inline void bm_clui(void) { __asm__ volatile(".byte 0xF3, 0x0F, 0x01, 0xEE" ::: "memory"); }
static inline void bm_stui(void) { __asm__ volatile(".byte 0xF3, 0x0F, 0x01, 0xEF" ::: "memory"); }
static inline uint64_t bm_testui(void) {
    uint8_t carry;
    __asm__ volatile(".byte 0xF3, 0x0F, 0x01, 0xED; setc %0" : "=r"(carry)::"cc", "memory");
    return carry;
}
static inline uint32_t bm_mmio_read(uint64_t address) { return *(volatile uint32_t *)(uintptr_t)address; }
static inline void bm_mmio_write(uint64_t address, uint32_t value) { *(volatile uint32_t *)(uintptr_t)address = value; }
static inline uint64_t bm_load(uint64_t address) { return *(volatile uint64_t *)(uintptr_t)address; }
static inline void bm_store(uint64_t address, uint64_t value) { *(volatile uint64_t *)(uintptr_t)address = value; }
static inline const uint8_t *bm_bytes(uint64_t address) { return (const uint8_t *)(uintptr_t)address; }
static inline uint8_t *bm_mutable_bytes(uint64_t address) { return (uint8_t *)(uintptr_t)address; }
