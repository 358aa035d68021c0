/* SPDX-License-Identifier: GPL-2.0 */
/* What the two files of register_errors share. */
#ifndef REGISTER_ERRORS_H
#define REGISTER_ERRORS_H

#include "uintr.h"

enum result { FAIL, PASS, SKIP };

struct register_errors {
	const struct uintr_abi *abi;
	/* Descriptors of vectors 0 and 63 of this thread, and an eventfd. */
	int own_fd, other_fd, plain_fd;
	/* Of own_fd, while it is connected. */
	int own_index;
};
extern struct register_errors state;
/* A handler that does nothing. */
extern const char entry[];

/* `result` must be -error; else FAIL, and a line that says so. */
enum result refused(int result, int error, const char *what);
enum result succeeded(int result, const char *what);
/* Every bit of `flags`, one at a time, but those of `valid`: EINVAL. `undo` mends a call that succeeds. */
enum result each_flag(int (*with)(unsigned int flags), void (*undo)(int result), unsigned int valid);
void undo_sender(int result);
void undo_nothing(int result);

/* register_errors_project.c */
enum result project_wait_without(void);
enum result project_alt_stack_without(void);
enum result project_handler_address(void);
enum result project_sender_eventfd(void);
enum result project_unregister_sender_range(void);
enum result project_vector_busy(void);
enum result project_alt_stack_range(void);
enum result project_alt_stack_works(void);
enum result project_wait_past(void);
enum result project_wait_pending(void);

/* register_errors_sender.c */
enum result sender_flags(void);
enum result sender_flags_first(void);
enum result sender_bad_fd(void);
enum result sender_eventfd(void);
enum result sender_connects(void);
enum result sender_connected(void);
enum result sender_again(void);
enum result sender_to_the_gone(void);
enum result table_full(void);
enum result unregister_sender_flags(void);
enum result unregister_sender_bad_fd(void);
enum result unregister_sender_eventfd(void);
enum result unregister_sender_unconnected(void);
enum result unregister_sender_unused(void);
enum result unregister_sender_works(void);
enum result unregister_sender_twice(void);

#endif
