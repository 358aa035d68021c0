/* The five instructions and delivery, as the processor does them. */
#include "program.h"
#include <setjmp.h>
#include <sys/mman.h>

static volatile uint64_t order[128], frames[128], count;
static volatile uint64_t seen_rip, seen_rsp, seen_flags;

static void __attribute__((interrupt)) handler(struct __uintr_frame *frame, unsigned long long vector)
{
	order[count % 128] = vector;
	frames[count % 128] = (uint64_t)__builtin_frame_address(0);
	seen_rip = frame->rip, seen_rsp = frame->rsp, seen_flags = frame->rflags;
	CHECK(!_testui());
	count++;
}

static sigjmp_buf out;
static volatile int signal_seen, code_seen;
static volatile uint64_t address_seen, rip_seen;

static void faulted(int number, siginfo_t *info, void *context)
{
	signal_seen = number, code_seen = info->si_code, address_seen = (uint64_t)info->si_addr;
	rip_seen = (uint64_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
	siglongjmp(out, 1);
}

static void catch(void)
{
	struct sigaction action = { .sa_sigaction = faulted, .sa_flags = SA_SIGINFO };

	sigemptyset(&action.sa_mask);
	sigaction(SIGILL, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
}

extern const char senduipi_at[];
static void __attribute__((noinline)) senduipi(uint64_t index)
{
	__asm__ volatile(".globl senduipi_at\nsenduipi_at: .byte 0xf3, 0x0f, 0xc7, 0xf0\n nop\n nop" : : "a"(index) : "memory");
}

static int try_senduipi(uint64_t index)
{
	signal_seen = code_seen = 0, address_seen = rip_seen = 0;
	if (!sigsetjmp(out, 1))
		senduipi(index);
	return signal_seen;
}

static void flags(void)
{
	uint64_t before = 0x8d5 | 0x202, after;

	/* TESTUI: CF := UIF, and ZF AF OF PF SF := 0. */
	_clui();
	__asm__ volatile("pushq %1\n popfq\n .byte 0xf3,0x0f,0x01,0xed\n pushfq\n popq %0" : "=r"(after) : "r"(before) : "cc", "memory");
	EQUAL(after & 0x8d5, 0);
	_stui();
	before = 0x202;
	__asm__ volatile("pushq %1\n popfq\n .byte 0xf3,0x0f,0x01,0xed\n pushfq\n popq %0" : "=r"(after) : "r"(before) : "cc", "memory");
	EQUAL(after & 0x8d5, 1);
	_clui();
}

static void faults(int connected)
{
	EQUAL(try_senduipi((uint64_t)connected + 1), SIGSEGV);
	EQUAL(code_seen, SI_KERNEL);
	EQUAL(address_seen, 0);
	EQUAL(rip_seen, (uint64_t)senduipi_at);
	EQUAL(try_senduipi(256), SIGSEGV);
	EQUAL(try_senduipi(1ull << 32), SIGSEGV);
	EQUAL(try_senduipi(-1ull), SIGSEGV);
	/* LOCK: #UD. */
	signal_seen = 0;
	if (!sigsetjmp(out, 1))
		__asm__ volatile(".byte 0xf0, 0xf3, 0x0f, 0x01, 0xee" : : : "memory");
	EQUAL(signal_seen, SIGILL);
	EQUAL(code_seen, ILL_ILLOPN);
	EQUAL(address_seen, rip_seen);
	/* UIRET to an address that is not canonical: #GP; from a stack that is not mapped: #PF. */
	signal_seen = 0;
	if (!sigsetjmp(out, 1))
		__asm__ volatile("subq $256, %%rsp\n pushq $0\n pushq $0x202\n movabsq $0x8000000000000000, %%rax\n pushq %%rax\n"
				 ".byte 0xf3, 0x0f, 0x01, 0xec" : : : "rax", "memory");
	EQUAL(signal_seen, SIGSEGV);
	EQUAL(code_seen, SI_KERNEL);
}

/* Everything that is posted while UIF is 0 comes afterwards, the highest vector first, each on the interrupted stack. */
static void priorities(const int *indices)
{
	_clui();
	count = 0;
	for (int i = 0; i < 64; i++)
		_senduipi((unsigned long long)indices[(i * 37 + 11) % 64]);
	for (int i = 0; i < 64; i += 2)
		_senduipi((unsigned long long)indices[i]); /* Again: it is pending already. */
	EQUAL(count, 0);
	_stui();
	while (count < 64)
		;
	EQUAL(count, 64);
	for (int i = 0; i < 64; i++)
		EQUAL(order[i], 63 - i);
	CHECK(_testui());
	_clui();
}

/* Registers, flags and the red zone are as they were. */
static void context(int index)
{
	uint64_t in[14], outs[14], red = 0;

	for (int i = 0; i < 14; i++)
		in[i] = 0x1111111111111111ull * (uint64_t)(i + 1), outs[i] = 0;
	count = 0;
	_stui();
	_senduipi((unsigned long long)index);
	while (!count)
		;
	_clui();
	_senduipi((unsigned long long)index);
	count = 0;
	__asm__ volatile(
		"movq %[in], %%rax\n"
		"pushq %%rbp\n"
		"movq 8(%%rax), %%rbx\n movq 16(%%rax), %%rcx\n movq 24(%%rax), %%rdx\n movq 32(%%rax), %%rsi\n"
		"movq 40(%%rax), %%rdi\n movq 48(%%rax), %%r8\n movq 56(%%rax), %%r9\n movq 64(%%rax), %%r10\n"
		"movq 72(%%rax), %%r11\n movq 80(%%rax), %%r12\n movq 88(%%rax), %%r13\n movq 96(%%rax), %%r14\n"
		"movq 104(%%rax), %%r15\n movq $0x5a5a5a5a, %%rbp\n"
		"movq %%rbp, -128(%%rsp)\n movq %%rbp, -8(%%rsp)\n"
		"stc\n std\n"
		".byte 0xf3, 0x0f, 0x01, 0xef\n" /* stui: delivered here */
		"nop\n nop\n nop\n nop\n"
		"1: pause\n cmpq $0, %[count]\n je 1b\n"
		"cld\n"
		"movq -128(%%rsp), %%rax\n addq -8(%%rsp), %%rax\n movq %%rax, %[red]\n"
		"popq %%rbp\n"
		"movq %[outs], %%rax\n"
		"movq %%rbx, 8(%%rax)\n movq %%rcx, 16(%%rax)\n movq %%rdx, 24(%%rax)\n movq %%rsi, 32(%%rax)\n"
		"movq %%rdi, 40(%%rax)\n movq %%r8, 48(%%rax)\n movq %%r9, 56(%%rax)\n movq %%r10, 64(%%rax)\n"
		"movq %%r11, 72(%%rax)\n movq %%r12, 80(%%rax)\n movq %%r13, 88(%%rax)\n movq %%r14, 96(%%rax)\n"
		"movq %%r15, 104(%%rax)\n"
		: [red] "=m"(*(uint64_t (*))&frames[100])
		: [in] "m"(*(uint64_t **)&(uint64_t *){ in }), [outs] "m"(*(uint64_t **)&(uint64_t *){ outs }), [count] "m"(count)
		: "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc");
	red = frames[100];
	EQUAL(red, 2 * 0x5a5a5a5aul);
	for (int i = 1; i < 14; i++)
		EQUAL(outs[i], in[i]);
	EQUAL(count, 1);
	CHECK(seen_flags & 1);
	CHECK(seen_flags & 0x400);
	_clui();
}

static void alternate(int index)
{
	static char stack[16384];
	bool by_base = abi.alt_stack_by_base;

	if (abi.nr[UINTR_CALL_ALT_STACK] < 0)
		return;
	EQUAL(call(UINTR_CALL_ALT_STACK, (long)(by_base ? stack : stack + sizeof(stack)), sizeof(stack), 0), 0);
	count = 0;
	_stui();
	_senduipi((unsigned long long)index);
	while (!count)
		;
	_clui();
	CHECK(frames[0] > (uint64_t)stack && frames[0] <= (uint64_t)stack + sizeof(stack));
	EQUAL(call(UINTR_CALL_ALT_STACK, 0, 0, 0), 0);
	count = 0;
	_stui();
	_senduipi((unsigned long long)index);
	while (!count)
		;
	_clui();
	CHECK(frames[0] < (uint64_t)stack || frames[0] > (uint64_t)stack + sizeof(stack));
}

/* A call of the runtime is a boundary too, and no more than that while UIF is 0. */
static void nested(int index)
{
	count = 0;
	_clui();
	_senduipi((unsigned long long)index);
	sched_yield();
	unregister_sender(-5, 0);
	EQUAL(count, 0);
	_stui();
	while (!count)
		;
	EQUAL(count, 1);
	_clui();
}

int main(void)
{
	int indices[64], fd;

	begin();
	catch();
	EQUAL(try_senduipi(0), SIGILL);
	EQUAL(code_seen, ILL_ILLOPN);
	EQUAL(address_seen, (uint64_t)senduipi_at);
	EQUAL(rip_seen, (uint64_t)senduipi_at);
	flags();
	EQUAL(register_handler(handler, 0), 0);
	flags();
	fd = (int)make_fd(0, 0);
	indices[0] = (int)register_sender(fd, 0);
	EQUAL(indices[0], 0);
	faults(indices[0]);
	context(indices[0]);
	alternate(indices[0]);
	nested(indices[0]);
	for (int i = 1; i < 64; i++) {
		fd = (int)make_fd((uint64_t)i, 0);
		indices[i] = (int)register_sender(fd, 0);
	}
	priorities(indices);
	EQUAL(unregister_handler(0), 0);
	return end();
}
