// What compiled Swift and C expect of a C library: memory, and nothing else.
#include "BareMetal.h"

struct bm_cpu bm_cpu[bm_cpus];
uint8_t bm_stacks[bm_cpus][bm_stack_size] __attribute__((aligned(16)));
uint8_t bm_fault_stacks[bm_cpus][4096] __attribute__((aligned(16)));
uint64_t bm_tables[7][512] __attribute__((aligned(4096)));
uint8_t bm_layout[bm_layout_pages][4096] __attribute__((aligned(4096)));

void *memset(void *to, int value, size_t count) {
    void *start = to;
    size_t words = count >> 3;
    uint64_t pattern = (uint8_t)value * 0x0101010101010101u;
    count &= 7;
    __asm__ volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(pattern) : "memory");
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(pattern) : "memory");
    return start;
}

void *memcpy(void *to, const void *from, size_t count) {
    void *start = to;
    size_t words = count >> 3;
    count &= 7;
    __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words)::"memory");
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count)::"memory");
    return start;
}

void *memmove(void *to, const void *from, size_t count) {
    uint8_t *t = to;
    const uint8_t *f = from;
    if (t <= f || t >= f + count) return memcpy(to, from, count);
    while (count--) t[count] = f[count];
    return to;
}

int memcmp(const void *a, const void *b, size_t count) {
    const uint8_t *x = a, *y = b;
    for (; count; count--, x++, y++)
        if (*x != *y) return *x - *y;
    return 0;
}

unsigned bm_first_difference(const uint64_t *a, const uint64_t *b, unsigned from, unsigned to) {
    while (from < to && a[from] == b[from]) from++;
    return from;
}

// The heap: blocks of 32 bytes and its doublings, each size with a list of its own. Only one processor at a time allocates: the
// others wait in bm_ap_start until they are asked, and whoever asks waits for them.
enum { heap_size = 4 << 20, smallest = 5, sizes = 16, header = 16 };
static uint8_t heap[heap_size] __attribute__((aligned(64)));
static size_t heap_used;
static void *unused[sizes];

void bm_fatal(const char *text);

int posix_memalign(void **result, size_t alignment, size_t count) {
    unsigned size = 0;
    if (alignment > 16) bm_fatal("an allocation with an alignment above 16");
    while (((size_t)1 << (size + smallest)) < count + header) size++;
    if (size >= sizes) bm_fatal("an allocation beyond 1 MiB");
    uint8_t *block = unused[size];
    if (block) {
        unused[size] = *(void **)(block + header);
    } else {
        block = heap + heap_used;
        heap_used += (size_t)1 << (size + smallest);
        if (heap_used > heap_size) bm_fatal("the heap is used up");
        *(uint64_t *)block = size;
    }
    *result = block + header;
    return 0;
}

void free(void *pointer) {
    if (!pointer) return;
    uint8_t *block = (uint8_t *)pointer - header;
    uint64_t size = *(uint64_t *)block;
    *(void **)pointer = unused[size];
    unused[size] = block;
}

// Hash seeds: nothing here may differ from run to run.
void arc4random_buf(void *to, size_t count) { memset(to, 0, count); }

void bm_set_up_processor(struct bm_cpu *cpu);
void bm_perform_request(struct bm_cpu *cpu);

void bm_ap_start(struct bm_cpu *cpu) {
    bm_set_up_processor(cpu);
    __atomic_store_n(&cpu->online, 1, __ATOMIC_RELEASE);
    for (;;) {
        while (!__atomic_load_n(&cpu->request, __ATOMIC_ACQUIRE)) bm_pause();
        bm_perform_request(cpu);
        __atomic_store_n(&cpu->request, 0, __ATOMIC_RELEASE);
    }
}
