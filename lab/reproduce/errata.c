/*
 * One reproduction for each patch of lab/bochs: on Bochs 3.0 as it comes they fail, on the mended one they pass.
 * Every line that is printed is "ok NNNN text" or "not ok NNNN text: what was seen". The last line is "end".
 */
#include <stdint.h>

typedef uint64_t u64;

/* boot.S */
extern volatile u64 trap_vector, trap_error, trap_rip, trap_cs, trap_rflags, trap_rsp, x2apic;
extern volatile uint32_t counts[256];
extern char stubs[];
extern u64 gdt[];
int attempt(void (*function)(void));
int attempt_user(void (*function)(void), u64 rsp, u64 rflags);
void senduipi_r8(void), senduipi_rdx(void), senduipi_rax(void), uiret_here(void), notify_compatibility(void);
void user_waits(void), user_stui(void), user_tpause(void), user_handler(void), user_ud2(void), user_uiret(void);

enum { RR = 0x985, HANDLER, STACKADJUST, MISC, PD, TT };
enum { IA32_XSS = 0xda0, IA32_U_CET = 0x6a0, IA32_PL3_SSP = 0x6a7, IA32_APIC_BASE = 0x1b, IA32_UMWAIT_CONTROL = 0xe1 };
enum { UINV = 0xec, CR4_CET = 1 << 23, CR4_UINTR = 1 << 25 };
#define XSAVES_AREA 0x201000ul
#define USER_STACK 0x280000ul
#define SHADOW_STACK 0x290000ul
#define FLAGS 0x2ul

static uint8_t idt[4096] __attribute__((aligned(16)));
static uint8_t tss[104] __attribute__((aligned(16)));
static u64 upid[8] __attribute__((aligned(64)));
static u64 uitt[2] __attribute__((aligned(16)));

static void outb(uint16_t port, uint8_t value) { __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }
static uint8_t inb(uint16_t port)
{
	uint8_t value;
	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}
static void wrmsr(uint32_t msr, u64 value)
{
	__asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}
static u64 rdmsr(uint32_t msr)
{
	uint32_t low, high;
	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return low | (u64)high << 32;
}
static u64 cr4(void)
{
	u64 value;
	__asm__ volatile("mov %%cr4, %0" : "=r"(value));
	return value;
}
static void set_cr4(u64 value) { __asm__ volatile("mov %0, %%cr4" : : "r"(value) : "memory"); }
static void invlpg(u64 address) { __asm__ volatile("invlpg (%0)" : : "r"(address) : "memory"); }
static void page(u64 address, u64 rights) { ((volatile u64 *)0x4000)[address >> 12 & 511] = address | rights; invlpg(address); }

static void serial_port(void)
{
	outb(0x3f9, 0);
	outb(0x3fb, 0x80);
	outb(0x3f8, 1);
	outb(0x3f9, 0);
	outb(0x3fb, 3);
	outb(0x3fa, 7);
}
static void put(const char *text)
{
	for (; *text; text++) {
		outb(0xe9, *text);
		while (!(inb(0x3fd) & 0x20))
			;
		outb(0x3f8, *text);
	}
}
static void put_hex(u64 value)
{
	char text[17];
	for (int i = 0; i < 16; i++)
		text[i] = "0123456789abcdef"[value >> (60 - 4 * i) & 15];
	text[16] = 0;
	put(text);
}
static void report(int good, const char *claim, u64 seen)
{
	put(good ? "ok " : "not ok ");
	put(claim);
	if (!good) {
		put(": ");
		put_hex(seen);
	}
	put("\n");
}

static void xsaves(u64 area, u64 mask)
{
	__asm__ volatile("xsaves64 (%0)" : : "r"(area), "a"((uint32_t)mask), "d"(0) : "memory");
}
static void xrstors(u64 area, u64 mask)
{
	__asm__ volatile("xrstors64 (%0)" : : "r"(area), "a"((uint32_t)mask), "d"(0) : "memory");
}
static void restore_14(void) { xrstors(XSAVES_AREA, 1 << 14); }
static void general_protection(void) { __asm__ volatile("mov %0, %%ds" : : "r"(0xfff8)); }
static void self_ipi(void)
{
	if (x2apic)
		wrmsr(0x83f, UINV);
	else
		*(volatile uint32_t *)0xfee00300ul = 0x40000 | UINV;
}
static void window(void) { __asm__ volatile("sti; nop; nop; nop; cli" : : : "memory"); }

/* All state as after reset, but for UINTR being enabled. */
static void clear(void)
{
	set_cr4((cr4() | CR4_UINTR) & ~(u64)CR4_CET);
	__asm__ volatile("clui");
	wrmsr(IA32_XSS, 1 << 14);
	wrmsr(MISC, 0);
	for (uint32_t msr = RR; msr <= TT; msr++)
		wrmsr(msr, 0);
	for (int i = 0; i < 8; i++)
		upid[i] = 0;
	uitt[0] = 1 | 5 << 8;
	uitt[1] = (u64)upid;
	for (int i = 0; i < 256; i++)
		counts[i] = 0;
	for (u64 i = 0; i < 1024; i++)
		((volatile u64 *)XSAVES_AREA)[i] = 0;
	trap_vector = trap_error = trap_rip = ~0ul;
}

/* An XSAVES area of component 14 alone, in its initial configuration unless `in_use`; its 48 bytes. */
static volatile u64 *area_14(int in_use)
{
	volatile u64 *area = (volatile u64 *)XSAVES_AREA;
	area[64] = in_use ? 1 << 14 : 0;
	area[65] = 1ul << 63 | 1 << 14;
	return area + 72;
}

/* UIHANDLER, UIF and a request by XRSTORS: the only way to set UIF at CPL 0 without delivering. */
static void pending(void (*handler)(void), u64 uirr)
{
	volatile u64 *state = area_14(1);
	state[0] = (u64)handler;
	state[1] = 128;
	state[2] = 1ul << 63;
	state[4] = uirr;
	restore_14();
}

static void senduipi_registers(void)
{
	void (*const all[])(void) = { senduipi_r8, senduipi_rdx, senduipi_rax };
	u64 good = 0;
	for (int i = 0; i < 3; i++) {
		clear();
		wrmsr(TT, (u64)uitt | 1);
		upid[0] = 2;
		if (!attempt(all[i]) && upid[1] == 1 << 5)
			good |= 1 << i;
	}
	report(good == 7, "0001 senduipi takes its index from the register of ModRM.rm", good);
}

static void compacted(void)
{
	clear();
	for (int i = 0; i < 5; i++)
		wrmsr(HANDLER + i, 0x1000 * (i + 1));
	wrmsr(MISC, (u64)UINV << 32 | 77);
	wrmsr(RR, 0);
	xsaves(XSAVES_AREA, 1 << 2 | 1 << 9 | 1 << 14);
	for (uint32_t msr = RR; msr <= TT; msr++)
		wrmsr(msr, 0);
	int fault = attempt(restore_14);
	report(!fault && rdmsr(HANDLER) == 0x1000 && rdmsr(MISC) == ((u64)UINV << 32 | 77),
	       "0003 xrstors finds component 14 behind components that it does not load", rdmsr(HANDLER));
}

static void init_state(void)
{
	clear();
	area_14(0);
	wrmsr(MISC, (u64)UINV << 32);
	int fault = attempt(restore_14);
	report(fault && trap_vector == 13, "0004 xrstors to the initial configuration is #GP while UINV is live", trap_vector);
	clear();
	pending(user_handler, 2);
	area_14(0);
	restore_14();
	attempt_user(user_stui, USER_STACK, FLAGS);
	report(trap_vector == 0x80, "0004 xrstors to the initial configuration ends recognition", trap_vector);
}

static void bad_values(void)
{
	static const struct { int word; u64 value; } bad[] = {
		{ 0, 1ul << 62 }, { 1, 1ul << 62 }, { 2, 1ul << 40 }, { 3, 1 }, { 3, 1ul << 62 }, { 5, 2 }, { 5, 1ul << 62 },
	};
	u64 good = 0;
	for (int i = 0; i < 7; i++) {
		clear();
		volatile u64 *state = area_14(1);
		for (int j = 0; j < 6; j++)
			state[j] = 0;
		state[bad[i].word] = bad[i].value;
		if (attempt(restore_14) && trap_vector == 13)
			good |= 1 << i;
	}
	report(good == 127, "0005 xrstors of what the MSRs refuse is #GP", good);
}

static void compatibility(void)
{
	clear();
	wrmsr(MISC, (u64)UINV << 32);
	wrmsr(PD, (u64)upid);
	upid[1] = 4;
	attempt(notify_compatibility);
	report(rdmsr(RR) == 4 && counts[UINV] == 0, "0006 a notification in compatibility mode is one", rdmsr(RR));
}

static void halt(void)
{
	clear();
	wrmsr(RR, 1);
	volatile uint32_t *apic = (volatile uint32_t *)0xfee00000ul;
	apic[0x3e0 / 4] = 0xb;
	apic[0x320 / 4] = 0x41;
	apic[0x380 / 4] = 20000;
	__asm__ volatile("sti; hlt; cli" : : : "memory");
	report(counts[0x41] == 1, "0007 a pending user interrupt does not end HLT", counts[0x41]);
	apic[0x380 / 4] = 0;
	window();
	clear();
	wrmsr(IA32_UMWAIT_CONTROL, 0);
	wrmsr(RR, 1);
	apic[0x380 / 4] = 20000;
	attempt_user(user_tpause, USER_STACK, FLAGS | 0x200);
	report(trap_vector == 0x80 && counts[0x41] == 1, "0007 a user interrupt that UIF blocks does not end TPAUSE",
	       trap_vector << 32 | counts[0x41]);
	apic[0x380 / 4] = 0;
	window();
}

static void interrupts_off(void)
{
	clear();
	pending(user_handler, 1);
	__asm__ volatile("sti; nop" : : : "memory");
	attempt_user(user_waits, USER_STACK, FLAGS);
	report(trap_vector == 0x81, "0008 RFLAGS.IF = 0 does not block delivery", trap_vector);
}

static void error_code(void)
{
	clear();
	wrmsr(MISC, (u64)UINV << 32);
	wrmsr(PD, (u64)upid);
	upid[1] = 4;
	self_ipi();
	window();
	attempt(general_protection);
	report(rdmsr(RR) == 4 && trap_vector == 13 && trap_error == 0xfff8,
	       "0009 the first fault after a notification has EXT = 0", trap_error);
}

static void handler_faults(void)
{
	clear();
	pending(user_ud2, 1);
	attempt_user(user_waits, USER_STACK, FLAGS);
	report(trap_vector == 6 && trap_rip == (u64)user_ud2, "0010 a fault of the handler's first instruction is the handler's",
	       trap_rip);
	clear();
	page(0x2a0000, 0);
	pending((void (*)(void))0x2a0000, 1);
	attempt_user(user_waits, USER_STACK, FLAGS);
	report(trap_vector == 14 && trap_rip == 0x2a0000, "0010 a fault on fetching the handler is the handler's", trap_rip);
}

static void control_register(void)
{
	clear();
	pending(user_handler, 1);
	set_cr4(cr4() & ~(u64)CR4_UINTR);
	attempt_user(user_waits, USER_STACK, FLAGS);
	report(trap_vector == 0x80, "0011 nothing is delivered with CR4.UINTR = 0", trap_vector);
	clear();
	pending(user_handler, 0);
	set_cr4(cr4() & ~(u64)CR4_UINTR);
	wrmsr(RR, 1);
	set_cr4(cr4() | CR4_UINTR);
	attempt_user(user_waits, USER_STACK, FLAGS);
	report(trap_vector == 0x81, "0011 what was requested with CR4.UINTR = 0 is delivered with 1", trap_vector);
}

/* One SENDUIPI to oneself with this NDST; the PIR bit arrives in UIRR if the notification does. */
static u64 send_to_self(uint32_t ndst)
{
	clear();
	wrmsr(MISC, (u64)UINV << 32);
	wrmsr(PD, (u64)upid);
	wrmsr(TT, (u64)uitt | 1);
	upid[0] = (u64)ndst << 32 | UINV << 16;
	attempt(senduipi_rax);
	window();
	return rdmsr(RR);
}

static void header_fault_body(void) { xsaves(XSAVES_AREA + 0x1000 - 576, 1 << 14); }
static void header_fault(void)
{
	clear();
	wrmsr(MISC, (u64)UINV << 32 | 5);
	page(XSAVES_AREA, 5);
	int fault = attempt(header_fault_body);
	page(XSAVES_AREA, 7);
	report(fault && trap_vector == 14 && rdmsr(MISC) >> 32 == UINV, "0013 a fault of XSAVES on the header leaves UINV",
	       rdmsr(MISC));
}

static void shadow_stack(void)
{
	clear();
	volatile u64 *frame = (volatile u64 *)USER_STACK;
	frame[0] = (u64)user_waits;
	frame[1] = FLAGS;
	frame[2] = USER_STACK;
	((volatile u64 *)SHADOW_STACK)[0] = (u64)user_ud2;
	page(SHADOW_STACK, 0x45);
	set_cr4(cr4() | CR4_CET);
	wrmsr(IA32_U_CET, 1);
	wrmsr(IA32_PL3_SSP, SHADOW_STACK);
	attempt_user(user_uiret, USER_STACK, FLAGS);
	u64 ssp = rdmsr(IA32_PL3_SSP);
	wrmsr(IA32_U_CET, 0);
	report(trap_vector == 21 && ssp == SHADOW_STACK, "0015 #CP of UIRET leaves SSP", ssp);
	page(SHADOW_STACK, 7);
}

static void machine(void)
{
	for (u64 i = 0; i < 256; i++) {
		u64 address = (u64)stubs + i * 16;
		uint16_t *gate = (uint16_t *)(idt + i * 16);
		gate[0] = address;
		gate[1] = 0x08;
		gate[2] = 0xee00;
		gate[3] = address >> 16;
		gate[4] = gate[5] = gate[6] = gate[7] = 0;
	}
	struct { uint16_t limit; u64 base; } __attribute__((packed)) pointer = { sizeof idt - 1, (u64)idt };
	__asm__ volatile("lidt %0" : : "m"(pointer));
	*(u64 *)(tss + 4) = 0x70000;
	u64 base = (u64)tss;
	gdt[6] = 103 | (base & 0xffffff) << 16 | 0x89ul << 40 | (base >> 24 & 0xff) << 56;
	gdt[7] = base >> 32;
	__asm__ volatile("ltr %w0" : : "r"(0x30));
	serial_port();
	outb(0x21, 0xff);
	outb(0xa1, 0xff);
	*(volatile uint32_t *)0xfee000f0ul = 0x1ff;
	__asm__ volatile("xsetbv" : : "a"(0x207), "d"(0), "c"(0));
	for (volatile uint8_t *low = (volatile uint8_t *)0; (u64)low < 0x400; low++)
		*low = 0xcc;
}

void main(void)
{
	machine();
	uint32_t a = 7, b, c = 0, d;
	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	if (!(d & 1 << 5)) {
		put("skip: CPUID has no UINTR\nend\n");
		goto out;
	}
	senduipi_registers();
	clear();
	int fault = attempt(uiret_here);
	report(!fault, "0002 uiret pops RIP from where RSP points", trap_rip);
	compacted();
	init_state();
	bad_values();
	compatibility();
	halt();
	interrupts_off();
	error_code();
	handler_faults();
	control_register();
	u64 got = send_to_self(0x00010000);
	report(got == 1 << 5, "0012 in xAPIC mode NDST[31:16] take no part", got);
	header_fault();
	shadow_stack();
	clear();
	wrmsr(IA32_APIC_BASE, rdmsr(IA32_APIC_BASE) | 1 << 10);
	x2apic = 1;
	got = send_to_self(0xff);
	report(got == 0, "0014 in x2APIC mode 000000FFH is no broadcast", got);
	put("end\n");
out:
	while (!(inb(0x3fd) & 0x40))
		;
	for (const char *word = "Shutdown"; *word; word++)
		outb(0x8900, *word);
	outb(0x501, 1);
}
