#include <errno.h>
#include <string.h>

#include "uintr_instructions.h"

extern void uintr_senduipi_rax(uint64_t), uintr_senduipi_rcx(uint64_t), uintr_senduipi_rdx(uint64_t),
	uintr_senduipi_rbx(uint64_t), uintr_senduipi_rsp(uint64_t), uintr_senduipi_rbp(uint64_t),
	uintr_senduipi_rsi(uint64_t), uintr_senduipi_rdi(uint64_t), uintr_senduipi_r8(uint64_t),
	uintr_senduipi_r9(uint64_t), uintr_senduipi_r10(uint64_t), uintr_senduipi_r11(uint64_t),
	uintr_senduipi_r12(uint64_t), uintr_senduipi_r13(uint64_t), uintr_senduipi_r14(uint64_t),
	uintr_senduipi_r15(uint64_t);

void (*const uintr_senduipi_functions[16])(uint64_t) = {
	uintr_senduipi_rax, uintr_senduipi_rcx, uintr_senduipi_rdx, uintr_senduipi_rbx,
	uintr_senduipi_rsp, uintr_senduipi_rbp, uintr_senduipi_rsi, uintr_senduipi_rdi,
	uintr_senduipi_r8, uintr_senduipi_r9, uintr_senduipi_r10, uintr_senduipi_r11,
	uintr_senduipi_r12, uintr_senduipi_r13, uintr_senduipi_r14, uintr_senduipi_r15,
};

int uintr_senduipi_via(unsigned int reg, uint64_t value)
{
	if (reg >= 16)
		return -EINVAL;
	uintr_senduipi_functions[reg](value);
	return 0;
}

void uintr_cpuid_brand(char out[49])
{
	memset(out, 0, 49);
	for (uint32_t i = 0; i < 3; i++) {
		struct uintr_cpuid_registers part = uintr_cpuid_known(0x80000002u + i, 0);

		memcpy(out + 16 * i, &part, 16);
	}
}
