/*
 * For a race detector: what threads share of the runtime's C, as ordinary code, since such a detector cannot follow signal handlers.
 * The lock, the runtime's own descriptors, the ring of events. Run by scripts/sanitizers, with no library preloaded.
 */
#include "../../../Sources/CEmulationRuntime/thread.c"
#undef _GNU_SOURCE
#include "../../../Sources/CEmulationRuntime/descriptors.c"
#undef _GNU_SOURCE
#include "../../../Sources/CEmulationRuntime/watch.c"

#include <stdio.h>

/* What the others of the runtime have. */
INTERNAL bool runtime_is_alone;
struct runtime_thread *runtime_alone_thread(void) { return NULL; }
void runtime_thread_end(struct runtime_thread *thread) { (void)thread; }
void runtime_forget_vector_state(struct runtime_thread *thread) { (void)thread; }
void runtime_child(struct runtime_thread *thread) { (void)thread; }
int runtime_close_signal(void) { return 0; }
uint64_t runtime_maskable(uint64_t mask) { return mask; }

enum { THREADS = 4, ROUNDS = 20000 };
static uint64_t under_lock;

static void *work(void *argument)
{
	long number = (long)argument;

	for (uint64_t i = 0; i < ROUNDS; i++) {
		int fd;

		runtime_lock();
		under_lock++;
		runtime_unlock();
		runtime_event(RUNTIME_CALLED, i, (uint64_t)number);
		if (i % 16)
			continue;
		fd = runtime_duplicate(0);
		if (fd < 0 || !runtime_is_own(fd))
			return "a descriptor of the runtime's is not known as one";
		runtime_close(fd);
	}
	return NULL;
}

int main(void)
{
	pthread_t threads[THREADS];
	int failures = 0;

	ring = runtime_map(RING * sizeof(*ring));
	runtime_watched = 1;
	for (long i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, work, (void *)i);
	for (int i = 0; i < THREADS; i++) {
		void *result;

		pthread_join(threads[i], &result);
		if (result)
			printf("%s\n", (const char *)result), failures++;
	}
	if (under_lock != THREADS * ROUNDS)
		printf("the lock let %lu of %d through\n", THREADS * ROUNDS - under_lock, THREADS * ROUNDS), failures++;
	if (counts[RUNTIME_CALLED] != THREADS * ROUNDS)
		printf("%lu events were counted, of %d\n", counts[RUNTIME_CALLED], THREADS * ROUNDS), failures++;
	return failures ? 1 : 0;
}
