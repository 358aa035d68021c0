/* The instructions that the library has patched, and how their stubs reach it. */
#ifndef EMULATION_SITES_H
#define EMULATION_SITES_H

#include "runtime.h"

/** How an instruction is emulated after its first #UD (docs/emulation.md). */
enum runtime_mode { RUNTIME_TRAP, RUNTIME_INT3, RUNTIME_STUB };

/** What stands at the address of one of the five instructions. */
enum runtime_site_state { RUNTIME_SITE_NONE, RUNTIME_SITE_INT3, RUNTIME_SITE_JUMP };

/** A patched instruction. Entries are never removed; `address` is written last. */
struct runtime_site {
	uint64_t address;
	/** A copy of the instruction in the stub: to execute it there is to trap. 0 without a stub. */
	uint64_t copy;
	/** Its stub's first instruction; 0 without a stub. */
	uint64_t stub;
	/** The instruction's bytes, the first in the lowest. */
	uint64_t bytes;
	uint32_t length;
	uint32_t state;
};

#define RUNTIME_SITES 4096
#define RUNTIME_STUB_PAGES 256
#define RUNTIME_STUB_SIZE 128
struct runtime_sites {
	struct runtime_site site[RUNTIME_SITES];
	/** Pages of stubs, and how many bytes of each are used. */
	uint64_t page[RUNTIME_STUB_PAGES], used[RUNTIME_STUB_PAGES];
	uint64_t pages, count;
	/** Taken by who patches; nobody waits for it. */
	uint64_t lock;
	/** Where a stub is put together. */
	uint8_t buffer[RUNTIME_STUB_SIZE];
};
static inline struct runtime_site *runtime_site_at(struct runtime_sites *sites, uint64_t place) { return &sites->site[place % RUNTIME_SITES]; }
static inline uint64_t runtime_stub_page(const struct runtime_sites *sites, uint64_t place) { return sites->page[place % RUNTIME_STUB_PAGES]; }
static inline uint64_t runtime_stub_used(const struct runtime_sites *sites, uint64_t place) { return sites->used[place % RUNTIME_STUB_PAGES]; }
static inline void runtime_stub_set(struct runtime_sites *sites, uint64_t place, uint64_t page, uint64_t used)
{
	place %= RUNTIME_STUB_PAGES;
	sites->page[place] = page, sites->used[place] = used;
}
static inline void runtime_buffer_put(struct runtime_sites *sites, uint64_t place, uint8_t byte) { sites->buffer[place % RUNTIME_STUB_SIZE] = byte; }
static inline const void *runtime_buffer(const struct runtime_sites *sites) { return sites->buffer; }

extern struct runtime_sites *runtime_sites RUNTIME_SHARED;
extern uint32_t runtime_mode RUNTIME_SHARED;
/** Where the gates of gate.S are, and where the thread's state lies from its segment's base. */
uint64_t runtime_gate_address(bool executes);
int32_t runtime_thread_offset(void);
/** The prefix of an access to it: FS, or GS where the library is alone. */
uint8_t runtime_thread_segment(void);
/** Write code, whatever its protection: false where the kernel does not let us. */
bool runtime_code_write(uint64_t address, const void *bytes, uint64_t count);
/** Every CPU that runs this process has dropped what it had fetched of the old code. */
bool runtime_code_synchronize(void);
/** A page for code at just this address; false if it is taken. */
bool runtime_code_map(uint64_t address);

#endif
