/*
 * The library in a program that was not loaded by glibc's loader: `uintr run` has mapped it at the exec stop (Sources/Running,
 * Injection.swift). There is no libc here but the program's own, which is out of reach: the thread's state lies at GS, and the
 * program's system calls come by seccomp.
 */
#ifndef EMULATION_ALONE_H
#define EMULATION_ALONE_H

#include "internal.h"

#define RUNTIME_RUNNER_SIZE 1024

/** Written by `uintr run` before the first instruction of the program; its layout is known there. */
struct runtime_alone {
	/** The program's first instruction. */
	uint64_t entry;
	/** The program's code: system calls from here are looked at. */
	uint64_t text_first, text_last;
	/** The path of `uintr`, by which this program executes others of its kind. */
	char runner[RUNTIME_RUNNER_SIZE];
};
extern struct runtime_alone uintr_emulation_alone;

/** A system call that the filter has stopped and that is none of the ABI's. The result is in RAX afterwards. */
void runtime_alone_call(struct runtime_thread *thread, ucontext_t *context);
/** 0 or a negated errno. */
int runtime_alone_filter(void);
struct runtime_thread *runtime_alone_thread(void);

/** alone.S: clone(2) for a child that goes on at `block`, its registers, on its own stack. */
long runtime_clone(uint64_t flags, uint64_t *block, uint64_t parent_tid, uint64_t child_tid, uint64_t tls);

/** exec.c: the path of `uintr`; empty if it is not there. */
extern const char *runtime_runner;
#define RUNTIME_PATH_SIZE 4096
/**
 * What `uintr` is to be executed with in the place of a program that no library can be preloaded into: an ELF file for x86-64
 * without PT_INTERP, or a script for one. NULL for all others. To be freed, where the exec fails; `resolved` is part of it.
 */
void *runtime_runner_arguments(const char *path, char *const arguments[], char resolved[RUNTIME_PATH_SIZE]);
void runtime_runner_free(void *list);
void runtime_exec_open(void);

/** thread.c: around a fork. */
void runtime_before_fork(void);
void runtime_parent_after_fork(void);
void runtime_child_after_fork(void);
/** start.c */
void runtime_start(void);

#endif
