#include <errno.h>
#include <stdbool.h>

#include "uintr_entry.h"
#include "uintr_instructions.h"

/* Bits of XCR0 that compiled code reaches unasked: x87, SSE, AVX, the three of AVX-512, APX's registers. */
#define COMPILED_CODE_COMPONENTS (0xe7ull | 1ull << 19)

#define LEGACY_AND_HEADER 576

/* Read by entry.S; thread-local, so that a delivery on one thread never sees another's. */
struct handler_slot {
	uintr_handler_function function;
	void *context;
};
__attribute__((tls_model("initial-exec"), visibility("hidden"))) __thread struct handler_slot uintr_handler_slot;

/* Read by entry.S. Written alike by every thread that sets a handler: XCR0 is the same on all CPUs. */
struct uintr_handler_state {
	uint64_t components;
	uint64_t size;
	uint32_t compacted;
};
__attribute__((visibility("hidden"))) struct uintr_handler_state uintr_handler_state;

_Static_assert(offsetof(struct uintr_handler_state, size) == 8, "entry.S");
_Static_assert(offsetof(struct uintr_handler_state, compacted) == 16, "entry.S");
_Static_assert(offsetof(struct handler_slot, context) == 8, "entry.S");

static uint64_t enabled_components(void)
{
	uint32_t low, high;

	/* CPUID.1:ECX[27], OSXSAVE: without it XGETBV and XSAVE are #UD. */
	if (!(uintr_cpuid_known(1, 0).ecx >> 27 & 1))
		return 0;
	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return (uint64_t)high << 32 | low;
}

/* The area's size for `components`, SDM Vol. 1, 13.4.2 and 13.4.3: standard or compacted format. */
static uint64_t area_size(uint64_t components, bool compacted)
{
	uint64_t size = LEGACY_AND_HEADER;

	for (uint32_t i = 2; i < 63; i++) {
		struct uintr_cpuid_registers part;

		if (!(components >> i & 1))
			continue;
		part = uintr_cpuid_known(0xd, i);
		if (!compacted) {
			if (size < (uint64_t)part.ebx + part.eax)
				size = (uint64_t)part.ebx + part.eax;
			continue;
		}
		if (part.ecx & 2)
			size = (size + 63) & ~63ull;
		size += part.eax;
	}
	return size;
}

/* Set by uintr_test_standard_format alone. */
static bool standard_format;

static struct uintr_handler_state state_of_machine(void)
{
	uint64_t components = enabled_components() & COMPILED_CODE_COMPONENTS;
	/* CPUID.(EAX=0DH,ECX=1):EAX[1], XSAVEC: it skips what is in its initial state. */
	bool compacted = (uintr_cpuid_known(0xd, 1).eax >> 1 & 1) && !standard_format;

	return (struct uintr_handler_state){
		.components = components,
		.size = components ? area_size(components, compacted) : 0,
		.compacted = compacted,
	};
}

void uintr_test_standard_format(bool standard)
{
	standard_format = standard;
	uintr_handler_state = state_of_machine();
}

int uintr_handler_set(uintr_handler_function function, void *context)
{
	/* CPUID traps in a virtual machine, so it is asked once; two threads that both ask store the same. */
	if (!__atomic_load_n(&uintr_handler_state.size, __ATOMIC_ACQUIRE)) {
		struct uintr_handler_state state = state_of_machine();

		if (!state.size)
			return -ENOTSUP;
		__atomic_store_n(&uintr_handler_state.components, state.components, __ATOMIC_RELAXED);
		__atomic_store_n(&uintr_handler_state.compacted, state.compacted, __ATOMIC_RELAXED);
		__atomic_store_n(&uintr_handler_state.size, state.size, __ATOMIC_RELEASE);
	}
	/* A delivery between these stores finds no function; never one function with the other's context. */
	uintr_handler_slot.function = NULL;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	uintr_handler_slot.context = context;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	uintr_handler_slot.function = function;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	return 0;
}

uintr_handler_function uintr_handler_get(void **context)
{
	if (context)
		*context = uintr_handler_slot.context;
	return uintr_handler_slot.function;
}

uint64_t uintr_handler_state_components(void)
{
	return state_of_machine().components;
}

size_t uintr_handler_state_size(void)
{
	return state_of_machine().size;
}

size_t uintr_handler_stack_use(void)
{
	/* Red zone, alignment to 16, frame, registers, area and its alignment to 64, return address. */
	return 128 + 15 + 32 + 120 + uintr_handler_state_size() + 63 + 8;
}

const void *uintr_handler_entry_address(void)
{
	return (const void *)(uintptr_t)&uintr_handler_entry;
}

const void *uintr_test_handler_entry_address(void)
{
	return (const void *)(uintptr_t)&uintr_test_handler_entry;
}
