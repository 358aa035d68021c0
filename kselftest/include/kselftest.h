/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For building these tests outside a kernel tree: the functions of the tree's
 * tools/testing/selftests/kselftest.h that they use, under the same names. Inside a tree this file is
 * not on the include path.
 *
 * Output is KTAP version 1 as the tree's header prints it (Documentation/dev-tools/ktap.rst).
 */
#ifndef UINTR_KSELFTEST_H
#define UINTR_KSELFTEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define KSFT_PASS 0
#define KSFT_FAIL 1
#define KSFT_SKIP 4

static unsigned int ksft_plan, ksft_pass, ksft_fail, ksft_skip;

static inline void ksft_print_header(void)
{
	/* A line must not be lost or doubled when a test forks or dies. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n");
}

static inline void ksft_set_plan(unsigned int plan)
{
	ksft_plan = plan;
	printf("1..%u\n", plan);
}

static inline __attribute__((format(printf, 1, 2))) void ksft_print_msg(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("# ");
	vprintf(format, args);
	va_end(args);
}

static inline void ksft_print_cnts(void)
{
	if (ksft_plan != ksft_pass + ksft_fail + ksft_skip)
		printf("# Planned tests != run tests (%u != %u)\n", ksft_plan, ksft_pass + ksft_fail + ksft_skip);
	printf("# Totals: pass:%u fail:%u xfail:0 xpass:0 skip:%u error:0\n", ksft_pass, ksft_fail, ksft_skip);
}

static inline unsigned int ksft_number(void)
{
	return ksft_pass + ksft_fail + ksft_skip;
}

static inline __attribute__((format(printf, 1, 2))) void ksft_test_result_pass(const char *format, ...)
{
	va_list args;

	ksft_pass++;
	va_start(args, format);
	printf("ok %u ", ksft_number());
	vprintf(format, args);
	va_end(args);
}

static inline __attribute__((format(printf, 1, 2))) void ksft_test_result_fail(const char *format, ...)
{
	va_list args;

	ksft_fail++;
	va_start(args, format);
	printf("not ok %u ", ksft_number());
	vprintf(format, args);
	va_end(args);
}

static inline __attribute__((format(printf, 1, 2))) void ksft_test_result_skip(const char *format, ...)
{
	va_list args;

	ksft_skip++;
	va_start(args, format);
	printf("ok %u # SKIP ", ksft_number());
	vprintf(format, args);
	va_end(args);
}

static inline __attribute__((noreturn, format(printf, 1, 2))) void ksft_exit_fail_msg(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("Bail out! ");
	vprintf(format, args);
	va_end(args);
	ksft_print_cnts();
	exit(KSFT_FAIL);
}

static inline __attribute__((noreturn, format(printf, 1, 2))) void ksft_exit_skip(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf(ksft_plan ? "# SKIP " : "1..0 # SKIP ");
	vprintf(format, args);
	va_end(args);
	if (ksft_plan)
		ksft_print_cnts();
	exit(KSFT_SKIP);
}

static inline __attribute__((noreturn)) void ksft_finished(void)
{
	ksft_print_cnts();
	exit(ksft_plan == ksft_pass + ksft_skip ? KSFT_PASS : KSFT_FAIL);
}

#endif
