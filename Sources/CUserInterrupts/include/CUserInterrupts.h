/*
 * CUserInterrupts: the C and assembly under the package. It calls the kernel, executes the
 * instructions and catches what they raise; it decides nothing.
 */
#ifndef CUSERINTERRUPTS_H
#define CUSERINTERRUPTS_H

#if !defined(__x86_64__) || !defined(__LP64__)
#error "User interrupts exist only in 64-bit mode of x86-64 processors: build CUserInterrupts for x86_64 Linux."
#endif

#include "uintr_abi.h"
#include "uintr_atomic.h"
#include "uintr_calls.h"
#include "uintr_entry.h"
#include "uintr_execute.h"
#include "uintr_guard.h"
#include "uintr_instructions.h"
#include "uintr_numa.h"
#include "uintr_record.h"

#endif
