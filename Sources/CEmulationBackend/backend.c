/* The instructions as functions, and what entry.S calls. Where the runtime is at work here, all signals are blocked: nothing nests. */
#define _GNU_SOURCE
#include <cpuid.h>
#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>

#include "../CUserInterrupts/include/uintr_abi.h"
#include "state.h"

_Static_assert(offsetof(struct runtime_thread, uif) == 0, "entry.S");
_Static_assert(offsetof(struct runtime_thread, missed) == 24, "entry.S");

struct handler_slot {
	emulation_handler handler;
	void *context;
};
static _Thread_local struct handler_slot slot __attribute__((tls_model("initial-exec")));

struct runtime_thread *runtime_thread_current(void)
{
	struct runtime_thread *thread = &runtime_current;

	if (!thread->tid)
		thread->tid = (uint32_t)runtime_call(SYS_gettid, 0, 0, 0, 0, 0, 0);
	return thread;
}

/* --- memory: what faults is the process's own fault, and has it ended --- */

#define PLAIN __attribute__((no_sanitize("address", "thread")))

PLAIN bool runtime_user_load(uint64_t address, uint64_t *out)
{
	*out = *(const volatile uint64_t *)address;
	return true;
}

PLAIN bool runtime_user_store(uint64_t address, uint64_t value)
{
	*(volatile uint64_t *)address = value;
	return true;
}

void runtime_access_last(struct runtime_access *out) { *out = (struct runtime_access){ 0 }; }

/* --- the handler --- */

void emulation_handler_set(emulation_handler handler, void *context)
{
	/* A delivery between these stores finds no handler; never one with the other's context. */
	slot.handler = NULL;
	runtime_fence();
	slot.context = context;
	runtime_fence();
	slot.handler = handler;
	runtime_fence();
}

static void idle(void *context, void *frame, uint64_t vector) { (void)context, (void)frame, (void)vector; }

emulation_handler emulation_idle(void) { return idle; }

uint64_t emulation_entry_address(void) { return (uint64_t)emulation_entry; }

/* `frame`: vector, RIP, RFLAGS, RSP. */
INTERNAL void emulation_handle(uint64_t *frame)
{
	emulation_handler handler = slot.handler;
	int saved = errno;

	if (handler)
		handler(slot.context, frame + 1, frame[0]);
	errno = saved;
}

/* --- boundaries --- */

/*
 * The end of work on a block: what entry.S does about UIF, which is 0 until then. A notification that comes as soon as signals are
 * unblocked sets `missed`.
 */
static bool leave(struct runtime_thread *thread, uint64_t mask, int verdict)
{
	bool uif = thread->uif;

	thread->uif = 0;
	runtime_fence();
	runtime_signals_restore(mask);
	if (verdict != RUNTIME_DONE)
		emulation_fault(verdict);
	return uif;
}

INTERNAL bool emulation_again(uint64_t *block)
{
	struct runtime_thread *thread = runtime_thread_current();
	uint64_t mask = runtime_signals_block(), address = 0;

	thread->uif = 1;
	thread->missed = 0;
	return leave(thread, mask, runtime_boundary(thread, block, &address));
}

/* UIRET, and the boundary after it. */
INTERNAL bool emulation_return(uint64_t *block)
{
	struct runtime_thread *thread = runtime_thread_current();
	uint64_t address = 0;

	for (;;) {
		uint64_t mask = runtime_signals_block();
		int verdict = emulation_uiret(thread, block, &address);

		thread->missed = 0;
		if (verdict == RUNTIME_DONE)
			return leave(thread, mask, runtime_boundary(thread, block, &address));
		/* As the instruction does: it is there again when the signal's handler returns. */
		runtime_signals_restore(mask);
		emulation_fault(verdict);
	}
}

INTERNAL void emulation_deliver(uint64_t *block)
{
	struct runtime_thread *thread = runtime_thread_current();
	uint64_t mask = runtime_signals_block(), address = 0;
	int verdict = runtime_boundary(thread, block, &address);

	runtime_signals_restore(mask);
	if (verdict != RUNTIME_DONE)
		emulation_fault(verdict);
}

void emulation_settle(void)
{
	const struct runtime_thread *thread = runtime_thread_current();

	if (thread->uif && (thread->held || thread->uirr))
		emulation_deliver_here();
}

/* --- the instructions --- */

void emulation_clui(void)
{
	__atomic_store_n(&runtime_thread_current()->uif, 0, __ATOMIC_RELAXED);
	runtime_fence();
}

void emulation_stui(void)
{
	runtime_fence();
	__atomic_store_n(&runtime_thread_current()->uif, 1, __ATOMIC_RELAXED);
	runtime_fence();
	emulation_settle();
}

bool emulation_testui(void) { return __atomic_load_n(&runtime_thread_current()->uif, __ATOMIC_RELAXED); }

/*
 * Signals are blocked from the post to the notification: a handler of the program's that left by longjmp in between would leave ON
 * set for ever. SIGPIPE among them: runtime_notify takes back the one that a receiver causes which has just gone.
 */
void emulation_senduipi(uint64_t index)
{
	struct runtime_thread *thread = runtime_thread_current();
	uint64_t registers[23] = { 0 }, address = 0, mask = runtime_signals_block();
	int verdict;

	registers[RUNTIME_RAX] = index;
	verdict = emulation_send(thread, registers, &address);
	runtime_signals_restore(mask);
	if (verdict != RUNTIME_DONE)
		emulation_fault(verdict);
	else
		emulation_settle();
}

void emulation_fault(int verdict)
{
	int number = verdict == RUNTIME_UD ? SIGILL : verdict == RUNTIME_SS || verdict == RUNTIME_AC ? SIGBUS : SIGSEGV;

	runtime_call(SYS_tgkill, runtime_call(SYS_getpid, 0, 0, 0, 0, 0, 0), runtime_call(SYS_gettid, 0, 0, 0, 0, 0, 0), number, 0, 0, 0);
}

/* --- opening --- */

/* Bits of XCR0 that compiled code reaches unasked: x87, SSE, AVX, the three of AVX-512, APX's registers. */
#define COMPILED_CODE_COMPONENTS (0xe7ull | 1ull << 19)
#define LEGACY_AND_HEADER 576

/* Read by entry.S. */
INTERNAL struct emulation_state {
	uint64_t components, size;
} emulation_state;
_Static_assert(offsetof(struct emulation_state, size) == 8, "entry.S");

/* The standard format of XSAVE (SDM Vol. 1, 13.4.2 and 13.4.3). */
static bool look_at_state(void)
{
	unsigned int a, b, c, d, low, high;
	uint64_t size = LEGACY_AND_HEADER;

	/* CPUID.1:ECX[27], OSXSAVE. */
	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c >> 27 & 1))
		return false;
	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	emulation_state.components = ((uint64_t)high << 32 | low) & COMPILED_CODE_COMPONENTS;
	for (unsigned int part = 2; part < 63; part++) {
		if (!(emulation_state.components >> part & 1) || !__get_cpuid_count(0xd, part, &a, &b, &c, &d))
			continue;
		if (size < (uint64_t)b + a)
			size = (uint64_t)b + a;
	}
	emulation_state.size = size;
	return true;
}

int emulation_open(void)
{
	runtime_look_at_processor();
	if (!look_at_state())
		return -EOPNOTSUPP;
	runtime_abi = uintr_abi_table[UINTR_ABI_PROJECT];
	if (!runtime_threads_open())
		return -ENOMEM;
	return emulation_signal_open() ? 0 : -EAGAIN;
}
