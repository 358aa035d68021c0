/* For the assembly: how a function begins and ends. Not a C header. */
#ifndef EMULATION_FUNCTIONS_H
#define EMULATION_FUNCTIONS_H

	.macro function name
	.globl	\name
	.type	\name, @function
	.balign	16
\name:
	.cfi_startproc
	endbr64
	.endm

	.macro hidden_function name
	.hidden	\name
	function \name
	.endm

	.macro ends name
	.cfi_endproc
	.size	\name, . - \name
	.endm

#endif
