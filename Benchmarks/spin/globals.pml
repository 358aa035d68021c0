/* The sizes and the fields of wait.pml and wait-fused.pml. */
#ifndef CPUS
#define CPUS 2
#endif
#ifndef S
#define S 2
#endif
#ifndef M
#define M 1
#endif
#ifndef P
#define P 0
#endif
#ifndef MUTANT
#define MUTANT 0
#endif

/* The UPID. NV never changes, so it is left out; PIR has the one vector. */
bit on, sn, pir;
bit armed;                      /* the reserved bit: the receiver sleeps, or is about to */
unsigned ndst : 2;

/* The receiver's task. */
bit interruptible;              /* its state: TASK_INTERRUPTIBLE, or TASK_RUNNING (and TASK_WAKING) */
bit on_rq = 1, on_cpu = 1;
unsigned cpu : 2;               /* whose run queue it is on, or was last */
bit tif;                        /* TIF_UINTR: the return to user mode loads the state */
bit uirr;                       /* in the processor or, switched out, in the XSAVE image */
bit user = 1;                   /* in user mode */
bit flag;                       /* what the program waits for; its handler sets it */
unsigned preemptions : 2 = P;
bit pi_lock;

/* The processors: bit c of each word is CPU c's. */
unsigned uinv : 3 = 1;          /* UINV is loaded */
unsigned irr : 3;               /* the notification vector is pending in the local APIC */
unsigned kick : 3;              /* a reschedule interrupt is pending */
unsigned irqs_off : 3;
unsigned rq_lock : 3;
unsigned in_flight : 6;         /* notifications on their way, two bits for each CPU */
bit identified;                 /* the receiver's CPU is between identification and the end of notification processing */

#define BIT(c) (1 << (c))
#define HAS(word, c) (((word) >> (c)) & 1)
#define SET(word, c) word = word | BIT(c)
#define CLEAR(word, c) word = word & (7 - BIT(c))

/* Where the receiver goes on after schedule() or the return to user mode. */
#define U_CLUI 0
#define U_TEST 1
#define U_STUI 2
#define H_FLAG 3
#define H_UIRET 4
#define K_CLI 5
#define K_SCHEDULE 6
#define K_WOKEN 7
#define K_DISARM 8              /* after its own schedule(), not a preemption */

c_decl {
    \#include "ending.h"
}
