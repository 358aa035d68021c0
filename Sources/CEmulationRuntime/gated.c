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
 * True while code of the runtime is interrupted somewhere below on this thread. A handler of the program's that leaves by longjmp
 * takes that code with it: then the stack is above where it was, and `busy` is nobody's.
 */
bool runtime_is_busy(struct runtime_thread *thread, uint64_t stack)
{
	stack_t alternate = { 0 };
	uint64_t low, size;

	if (!thread->busy)
		return false;
	if (stack <= thread->busy_stack || stack - thread->busy_stack > 1 << 20)
		return true;
	runtime_call(SYS_sigaltstack, 0, (long)&alternate, 0, 0, 0, 0);
	low = (uint64_t)alternate.ss_sp, size = alternate.ss_flags & SS_DISABLE ? 0 : alternate.ss_size;
	/* On two stacks, "above" says nothing. */
	if ((stack - low < size) != (thread->busy_stack - low < size))
		return true;
	thread->busy = 0;
	return false;
}

/* Returns what `busy` was; runtime_settle puts it back. */
uint64_t runtime_begin(struct runtime_thread *thread, uint64_t stack)
{
	uint64_t busy = runtime_is_busy(thread, stack) ? thread->busy : 0;

	if (!busy)
		thread->busy_stack = stack;
	runtime_fence();
	thread->busy = busy + 1;
	runtime_fence();
	return busy;
}

/* A notification that comes while `busy` is set is held; one that comes afterwards is delivered by its own signal. */
void runtime_settle(struct runtime_thread *thread, uint64_t *registers, uint64_t busy)
{
	uint64_t address = 0;
	int verdict = RUNTIME_DONE;

	for (;;) {
		if (!busy && thread->closed)
			runtime_vectors_closed(thread);
		thread->missed = 0;
		runtime_fence();
		if (!busy)
			verdict = runtime_boundary(thread, registers, &address);
		runtime_fence();
		thread->busy = busy;
		runtime_fence();
		if (busy || !thread->missed || verdict != RUNTIME_DONE)
			break;
		thread->busy = 1;
		runtime_fence();
	}
	if (verdict != RUNTIME_DONE)
		runtime_raise_here(verdict, address);
}

/* STUI with something held: UIF is 1 already. */
INTERNAL void runtime_gated_boundary(uint64_t *registers, uint64_t resume)
{
	struct runtime_thread *thread = runtime_thread_current();
	uint64_t busy = runtime_begin(thread, registers[RUNTIME_RSP]);

	registers[RUNTIME_RIP] = resume;
	runtime_settle(thread, registers, busy);
}

INTERNAL void runtime_gated_execute(uint64_t *registers, const struct runtime_site *site)
{
	struct runtime_thread *thread = runtime_thread_current();
	uint64_t busy = runtime_begin(thread, registers[RUNTIME_RSP]), address = 0;
	int verdict;

	registers[RUNTIME_RIP] = site->address;
	verdict = runtime_execute_site(thread, registers, &address, site);
	/* What faults is executed again where it traps: a signal shows the program the registers as they should be. */
	if (verdict != RUNTIME_DONE)
		registers[RUNTIME_RIP] = site->copy;
	runtime_settle(thread, registers, busy);
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
