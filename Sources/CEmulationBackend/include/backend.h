/*
 * How a process that calls the runtime enters it, in the place of instructions that trap: nothing is interposed, patched or
 * filtered, and of signals there is one. All of this is for the calling thread, and async-signal-safe but for emulation_open.
 */
#ifndef EMULATION_BACKEND_H
#define EMULATION_BACKEND_H

#include <stdbool.h>
#include <stdint.h>

/** The arguments of the shim's uintr_handler_function. */
typedef void (*emulation_handler)(void *context, void *frame, uint64_t vector);

/**
 * Before all else, once in the process. Chooses the signal of the notifications: SIGSTKFLT or SIGPWR, which nobody uses and which do
 * not pile up, or the first from SIGRTMIN + 8 up, whichever has the default action. It stays installed, since one may be on its way.
 * 0; -EAGAIN without such a signal, -EOPNOTSUPP without XSAVE, -ENOMEM.
 */
int emulation_open(void);
/** That signal. */
int emulation_signal(void);
/** Unblock or block it; whether it was blocked. */
bool emulation_signal_block(bool block);

/** What the entry calls on this thread, and with what. NULL: a delivery is dropped. */
void emulation_handler_set(emulation_handler handler, void *context);
/** A handler that does nothing. */
emulation_handler emulation_idle(void);
/** For uintr_register_handler: saves all registers, calls that, and ends as UIRET does. */
uint64_t emulation_entry_address(void);

void emulation_clui(void);
void emulation_stui(void);
bool emulation_testui(void);
/** Sends SIGILL for #UD and SIGSEGV for #GP, after which it returns. */
void emulation_senduipi(uint64_t index);
/** The boundary after a call: what has come due during it is delivered now. */
void emulation_settle(void);
/** STUI and, in one step with it, the signal of a notification. */
void emulation_stui_by_signal(void);

#endif
