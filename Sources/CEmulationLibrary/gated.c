/* What the gates call: an instruction without a signal, and the boundary after it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/membarrier.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "internal.h"

INTERNAL void runtime_gate_boundary(void);
INTERNAL void runtime_gate_execute(void);

uint64_t runtime_gate_address(bool executes) { return (uint64_t)(executes ? runtime_gate_execute : runtime_gate_boundary); }

int32_t runtime_thread_offset(void)
{
	uint64_t base;

	if (runtime_is_alone)
		return 0;
	__asm__("movq %%fs:0, %0" : "=r"(base));
	return (int32_t)((uint64_t)runtime_thread_current() - base);
}

uint8_t runtime_thread_segment(void) { return runtime_is_alone ? 0x65 : 0x64; }

/*
 * What a gate does is one instruction to the program's signal handlers, as it is to a processor's: they come before or after it. One
 * that leaves by longjmp finds nothing half done. Neither does a notification: it waits for the end, and is delivered by its signal.
 * Outside of a blocking call nobody blocks notifications; who has left one by longjmp hears of them again here.
 */
static uint64_t begin(void) { return runtime_maskable(runtime_signals_block()); }

/* The boundary after it. A fault's signal is shown the registers as they should be: it comes where the program goes on. */
static void settle(struct runtime_thread *thread, uint64_t *registers, uint64_t mask)
{
	uint64_t address = 0;
	int verdict = runtime_boundary(thread, registers, &address);

	if (verdict != RUNTIME_DONE)
		runtime_raise_here(verdict, address);
	runtime_signals_restore(mask);
}

/* STUI with something held: UIF is 1 already. */
INTERNAL void runtime_gated_boundary(uint64_t *registers, uint64_t resume)
{
	uint64_t mask = begin();

	registers[RUNTIME_RIP] = resume;
	settle(runtime_thread_current(), registers, mask);
}

INTERNAL void runtime_gated_execute(uint64_t *registers, const struct runtime_site *site)
{
	struct runtime_thread *thread = runtime_thread_current();
	uint64_t mask, address = 0;

	if (runtime_must_trap(thread, site)) {
		registers[RUNTIME_RIP] = site->copy;
		return;
	}
	registers[RUNTIME_RIP] = site->address;
	/* What is done in one step, or leaves nothing half done, has no need for the mask, which takes two system calls. */
	if (runtime_execute_quietly(thread, registers, site)) {
		/* A handler may have switched stacks in between: this may be another thread. */
		thread = runtime_thread_current();
		if (thread->uif && (thread->uirr || thread->held)) {
			mask = begin();
			settle(runtime_thread_current(), registers, mask);
		}
		return;
	}
	mask = begin();
	thread = runtime_thread_current();
	/* What faults is executed again where it traps: a signal shows the program the registers as they should be. */
	if (runtime_execute_site(thread, registers, &address, site) != RUNTIME_DONE)
		registers[RUNTIME_RIP] = site->copy;
	settle(thread, registers, mask);
}

/*
 * For gate.S: one of the ABI's calls, its arguments in `registers`. A wait is done with the program's mask, and has nothing of the
 * thread's half done at any time: signals and user interrupts come as they do in a loop of the program's.
 */
INTERNAL void runtime_called(uint64_t *registers)
{
	bool waits = runtime_call_of((long)registers[RUNTIME_RDI]) == UINTR_CALL_WAIT;
	uint64_t mask = waits ? 0 : begin();
	struct runtime_thread *thread = runtime_thread_current();
	long result;

	thread->delivered_before = thread->delivered;
	result = runtime_emulate_call(thread, (long)registers[RUNTIME_RDI], registers[RUNTIME_RSI], registers[RUNTIME_RDX],
				      registers[RUNTIME_RCX]);
	registers[RUNTIME_RAX] = (uint64_t)(result < 0 ? runtime_fail(result) : result);
	if (waits && !(thread->uif && (thread->uirr || thread->held)))
		return;
	settle(thread, registers, waits ? begin() : mask);
}

bool runtime_code_write(uint64_t address, const void *bytes, uint64_t count)
{
	/* As a debugger does: the page's protection stays, and a private page is copied. */
	long fd = runtime_call(SYS_open, (long)"/proc/self/mem", O_WRONLY | O_CLOEXEC, 0, 0, 0, 0), result;

	if (fd < 0)
		return false;
	result = runtime_call(SYS_pwrite64, fd, (long)bytes, (long)count, (long)address, 0, 0);
	runtime_close((int)fd);
	return result == (long)count;
}

bool runtime_code_synchronize(void)
{
	return !runtime_call(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0, 0, 0, 0);
}

bool runtime_code_map(uint64_t address)
{
	long result = runtime_call(SYS_mmap, (long)address, 4096, PROT_READ | PROT_EXEC,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (result >= 0 && (uint64_t)result != address)
		runtime_call(SYS_munmap, result, 4096, 0, 0, 0, 0);
	return (uint64_t)result == address;
}

INTERNAL void runtime_patching_open(void)
{
	if (runtime_mode == RUNTIME_TRAP)
		return;
	/* Without the barrier, a CPU could run half of the old instruction and half of the new one. */
	if (runtime_call(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0, 0, 0, 0))
		runtime_mode = RUNTIME_TRAP;
	runtime_sites = runtime_map(sizeof(*runtime_sites));
	if (!runtime_sites)
		runtime_mode = RUNTIME_TRAP;
}
