/*
 * The user-interrupt instructions and CPUID. Encoded as bytes, so that no compiler or assembler
 * needs to know them.
 *
 * With CR4.UINTR = 0 each of the five raises #UD (SIGILL). See uintr_guard.h for trying them.
 */
#ifndef UINTR_INSTRUCTIONS_H
#define UINTR_INSTRUCTIONS_H

#include <stdbool.h>
#include <stdint.h>

/** SENDUIPI RAX, F3 0F C7 /6. #UD if no UITT is enabled, #GP (SIGSEGV) for an index past it or an entry not valid. */
static inline void uintr_senduipi(uint64_t index)
{
	__asm__ volatile(".byte 0xf3, 0x0f, 0xc7, 0xf0" : : "a"(index) : "memory");
}

/** CLUI, F3 0F 01 EE: UIF := 0. A compiler barrier, as it opens a critical section. */
static inline void uintr_clui(void)
{
	__asm__ volatile(".byte 0xf3, 0x0f, 0x01, 0xee" : : : "memory");
}

/** STUI, F3 0F 01 EF: UIF := 1; what is pending may be delivered at the next boundary. */
static inline void uintr_stui(void)
{
	__asm__ volatile(".byte 0xf3, 0x0f, 0x01, 0xef" : : : "memory");
}

/** TESTUI, F3 0F 01 ED: UIF, as CF reports it. */
static inline bool uintr_testui(void)
{
	bool carry;

	__asm__ volatile(".byte 0xf3, 0x0f, 0x01, 0xed" : "=@ccc"(carry) : : "memory");
	return carry;
}

/**
 * SENDUIPI through a chosen general register, numbered as the processor encodes it: 0 RAX, 1 RCX,
 * 2 RDX, 3 RBX, 4 RSP, 5 RBP, 6 RSI, 7 RDI, 8 to 15 R8 to R15. -EINVAL for any other number.
 *
 * With 4, RSP holds `value` for the length of that one instruction. A signal or a user interrupt
 * that arrives then would use it as a stack: run it with signals on a sigaltstack and UIF = 0
 * (inside uintr_run_guarded, say).
 */
int uintr_senduipi_via(unsigned int reg, uint64_t value);

/** The 16 functions behind it, by register number; each executes one SENDUIPI and returns. */
extern void (*const uintr_senduipi_functions[16])(uint64_t value);

struct uintr_cpuid_registers {
	uint32_t eax, ebx, ecx, edx;
};

/** CPUID as it is: a leaf past the largest returns what the processor then returns. */
static inline struct uintr_cpuid_registers uintr_cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct uintr_cpuid_registers out;

	__asm__ volatile("cpuid"
			 : "=a"(out.eax), "=b"(out.ebx), "=c"(out.ecx), "=d"(out.edx)
			 : "a"(leaf), "c"(subleaf));
	return out;
}

/** The same, but all zero for a leaf past the largest basic (or extended) leaf. */
static inline struct uintr_cpuid_registers uintr_cpuid_known(uint32_t leaf, uint32_t subleaf)
{
	struct uintr_cpuid_registers zero = { 0, 0, 0, 0 };

	return uintr_cpuid(leaf & 0x80000000u, 0).eax >= leaf ? uintr_cpuid(leaf, subleaf) : zero;
}

/** CPUID.(EAX=7,ECX=0):EDX[5], the processor has user interrupts. */
static inline bool uintr_cpuid_uintr(void)
{
	return uintr_cpuid_known(7, 0).edx >> 5 & 1;
}

/** CPUID.(EAX=7,ECX=1):EDX[17], UIRET takes UIF from the popped RFLAGS[1]. */
static inline bool uintr_cpuid_flexible_uiret(void)
{
	return uintr_cpuid_known(7, 0).eax >= 1 && (uintr_cpuid_known(7, 1).edx >> 17 & 1);
}

/** CPUID.(EAX=0DH,ECX=14), state component 14: EAX its size in bytes (48), ECX[0] = 1 in IA32_XSS. */
static inline struct uintr_cpuid_registers uintr_cpuid_component(void)
{
	return uintr_cpuid_known(0xd, 14);
}

/** The processor's brand string, leaves 80000002H to 80000004H; empty if it has none. */
void uintr_cpuid_brand(char out[49]);

#endif
