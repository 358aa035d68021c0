/* A delivery into the code that a signal has interrupted: where the vector state of the signal's frame lies meanwhile. */
#define _GNU_SOURCE
#include <string.h>

#include "internal.h"

/* In the fpstate of a signal frame (asm/sigcontext.h, struct _fpx_sw_bytes): where its true size is told, if it is. */
#define FPSTATE_LEGACY 512
#define FPSTATE_MAGIC 464
#define FPSTATE_MAGIC1 0x46505853u

/*
 * The kernel has put the vector state right below the interrupted red zone, which is where a delivery pushes its frame. So it
 * is moved first: sigreturn takes it from wherever the context points. One copy for each thread will do, since no other signal's
 * handler runs before that.
 */
static bool move_vector_state(struct runtime_thread *thread, ucontext_t *context)
{
	const char *state = (const char *)context->uc_mcontext.fpregs;
	uint64_t size = FPSTATE_LEGACY;
	uint32_t words[2];

	if (!state)
		return true;
	memcpy(words, state + FPSTATE_MAGIC, sizeof(words));
	if (words[0] == FPSTATE_MAGIC1)
		size = words[1];
	if (thread->vector_state_size < size) {
		void *larger = runtime_map(size);

		if (!larger)
			return false;
		runtime_forget_vector_state(thread);
		thread->vector_state = larger;
		thread->vector_state_size = size;
	}
	memcpy(thread->vector_state, state, size);
	context->uc_mcontext.fpregs = thread->vector_state;
	return true;
}

/* Without memory nothing is delivered, and what is pending stays so. */
int runtime_boundary_at(struct runtime_thread *thread, ucontext_t *context, uint64_t *address)
{
	bool is_pending = thread->uif && (thread->uirr || thread->held);

	if (is_pending && !move_vector_state(thread, context))
		return RUNTIME_DONE;
	return runtime_boundary(thread, (uint64_t *)context->uc_mcontext.gregs, address);
}

void runtime_forget_vector_state(struct runtime_thread *thread)
{
	void *state = thread->vector_state;
	uint64_t size = thread->vector_state_size;

	/* A signal that comes in between makes a new one. */
	thread->vector_state = NULL;
	thread->vector_state_size = 0;
	runtime_fence();
	if (state)
		runtime_unmap(state, size);
}
