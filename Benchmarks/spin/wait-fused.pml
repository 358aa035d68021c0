/*
 * wait.pml with its steps fused by hand, for SPIN's fastest verdict. Which steps may be taken together follows Lipton (1975): what
 * takes a lock or disables interrupts moves right past every other process's step, what releases them moves left, and what
 * touches only the process's own fields, or fields that its locks guard, moves both ways; a d_step has at most one step
 * that moves neither way. Dead variables are reset. The endings are those of wait.pml (the same
 * globals, compared by `run`), and so are the verdicts of the mutants.
 */
#include "globals.pml"

/* The whole of __schedule() up to the next task: it waits for the run queue's lock before it begins instead of inside. */
#define SWITCH_OUT \
    SET(irqs_off, cpu); SET(rq_lock, cpu); sn = 1; CLEAR(uinv, cpu); tif = 1; on_cpu = 0

#define PREEMPTION(where) \
    :: d_step { !identified && preemptions > 0 && !HAS(rq_lock, cpu) -> \
           preemptions--; user = 0; back = where; SWITCH_OUT } ; goto s_unlock

#define USER_INTERRUPT(where) \
    :: d_step { !identified && HAS(kick, cpu) -> CLEAR(kick, cpu); user = 0; back = where } ; goto x_tif \
    PREEMPTION(where)

#if MUTANT == 7
#define CLEAR_UINV skip
#else
#define CLEAR_UINV CLEAR(uinv, cpu)
#endif

active [CPUS] proctype Processor()
{
end_p_idle:
    do
    :: d_step { HAS(irr, _pid) && !HAS(irqs_off, _pid) && HAS(uinv, _pid) -> CLEAR(irr, _pid); identified = 1; on = 0 };
p_pir:
       d_step { uirr = uirr | pir; pir = 0; identified = 0 }
    :: d_step { HAS(irr, _pid) && !HAS(irqs_off, _pid) && !HAS(uinv, _pid) -> CLEAR(irr, _pid) }
    :: d_step { HAS(kick, _pid) && !HAS(irqs_off, _pid) && !(user && cpu == _pid) -> CLEAR(kick, _pid) }
    :: d_step { HAS(irqs_off, _pid) && !(on_cpu && cpu == _pid) -> CLEAR(rq_lock, _pid); CLEAR(irqs_off, _pid) }
    :: d_step { !HAS(irqs_off, _pid) && on_rq && cpu == _pid && !on_cpu && !HAS(rq_lock, _pid) ->
           SET(irqs_off, _pid); SET(rq_lock, _pid); on_cpu = 1
       }
    :: atomic { _pid == 0 && timeout ->
           c_code { PRINT_ENDING; };
           assert(!pir && !uirr && !on_rq)
       }
    od
}

active proctype Receiver()
{
    unsigned back : 4;

    /* The handler and the test touch the receiver's own fields alone. */
u_clui:
    if
    :: d_step { !identified && uirr -> uirr = 0; flag = 1 } ; goto u_clui
    :: d_step { !identified && !uirr && flag -> flag = 0 } ; goto u_clui
    :: !identified && !uirr && !flag
    USER_INTERRUPT(U_CLUI)
    fi;
u_test:
    if
#if MUTANT == 3
    :: d_step { !identified -> user = 0 }
#else
    :: d_step { !identified -> user = 0; interruptible = 1 }
#endif
    USER_INTERRUPT(U_TEST)
    fi;
k_cli:
    if
#if MUTANT == 1
    :: d_step { !identified && !uirr -> CLEAR_UINV; tif = 1; armed = 1; on = 0 }
#elif MUTANT == 2
    :: d_step { !identified && !pir -> CLEAR_UINV; tif = 1; armed = 1; on = 0 }
#elif MUTANT == 3
    :: d_step { !identified && !uirr && !pir -> CLEAR_UINV; tif = 1; armed = 1; on = 0; SET(irqs_off, cpu) };
       d_step { interruptible = 1; CLEAR(irqs_off, cpu) }
#else
    :: d_step { !identified && !uirr && !pir -> CLEAR_UINV; tif = 1; armed = (MUTANT != 5); on = 0 }
#endif
#if MUTANT != 2
    :: d_step { !identified && uirr -> CLEAR_UINV; tif = 1; interruptible = 0; back = U_CLUI } ; goto x_tif
#endif
#if MUTANT != 1
    :: d_step { !identified && (!uirr || MUTANT == 2) && pir -> CLEAR_UINV; tif = 1; SET(irqs_off, cpu) } ; goto n_state
#endif
    PREEMPTION(K_CLI)
    fi;
k_schedule:
    if
    :: !identified && !HAS(rq_lock, cpu) && !interruptible -> goto k_disarm
    :: d_step { !identified && !HAS(rq_lock, cpu) && interruptible -> on_rq = 0; back = K_DISARM; SWITCH_OUT } ; goto s_unlock
    PREEMPTION(K_SCHEDULE)
    fi;
k_disarm:
    if
    :: d_step { !identified -> armed = 0 }
    PREEMPTION(K_WOKEN)
    fi;
k_running:
    if :: d_step { !identified -> interruptible = 0; back = U_CLUI } fi;
    goto x_tif;

n_state:
    if :: d_step { interruptible = 0; CLEAR(irqs_off, cpu); back = U_CLUI } fi;
    goto x_tif;

s_unlock:
end_asleep:
    if
    :: d_step { on_cpu && back < K_CLI -> CLEAR(rq_lock, cpu); CLEAR(irqs_off, cpu) } ; goto x_tif
    :: d_step { on_cpu && back == K_CLI -> CLEAR(rq_lock, cpu); CLEAR(irqs_off, cpu); back = 0 } ; goto k_cli
    :: d_step { on_cpu && back == K_SCHEDULE -> CLEAR(rq_lock, cpu); CLEAR(irqs_off, cpu); back = 0 } ; goto k_schedule
    :: d_step { on_cpu && back > K_SCHEDULE -> CLEAR(rq_lock, cpu); CLEAR(irqs_off, cpu); back = 0 } ; goto k_disarm
    fi;

x_tif:
    if
    :: d_step { !identified && tif -> SET(irqs_off, cpu); tif = 0 }
    :: d_step { !identified && !tif && back == U_CLUI -> user = 1 } ; goto u_clui
    :: d_step { !identified && !tif && back == U_TEST -> user = 1; back = 0 } ; goto u_test
    fi;
x_upid:
#if MUTANT == 4
    d_step { ndst = cpu; sn = 0 };
#else
    d_step { ndst = cpu; sn = 0; on = 0 };
#endif
x_pir:
    if
    :: d_step { back == U_CLUI -> uirr = uirr | pir; pir = 0; SET(uinv, cpu); user = 1; CLEAR(irqs_off, cpu) } ; goto u_clui
    :: d_step { back == U_TEST -> uirr = uirr | pir; pir = 0; SET(uinv, cpu); user = 1; CLEAR(irqs_off, cpu); back = 0 } ; goto u_test
    fi
}

active proctype Network()
{
end_n:
    do
    :: d_step { (in_flight & 3) > 0 -> in_flight = in_flight - 1; SET(irr, 0) }
    :: d_step { ((in_flight >> 2) & 3) > 0 -> in_flight = in_flight - 4; SET(irr, 1) }
#if CPUS > 2
    :: d_step { ((in_flight >> 4) & 3) > 0 -> in_flight = in_flight - 16; SET(irr, 2) }
#endif
    od
}

#define FULL (((in_flight >> (2 * ndst)) & 3) == 3)

active [S] proctype Sender()
{
    unsigned sent : 2;
    unsigned target : 2;

end_i_loop:
    do
    :: d_step { sent < M && !armed && (sn || on) -> pir = 1; sent++ }
    :: d_step { sent < M && !armed && !sn && !on && !FULL -> pir = 1; on = 1; in_flight = in_flight + (1 << (2 * ndst)); sent++ }
    :: d_step { sent < M && !armed && !sn && !on && FULL -> pir = 1; on = 1; target = ndst };
       if :: d_step { ((in_flight >> (2 * target)) & 3) < 3 ->
           in_flight = in_flight + (1 << (2 * target)); target = 0; sent++ } fi
    :: sent < M && armed;
g_post:
       if
       :: d_step { armed -> armed = 0; pir = 1 }
       :: d_step { !armed -> pir = 1 }; tif = 1; d_step { SET(kick, cpu); sent++ }; goto end_i_loop
       fi;
       /* try_to_wake_up() */
       if
       :: d_step { !pi_lock && !interruptible -> sent++ }
#if MUTANT == 6
       :: d_step { !pi_lock && interruptible && on_rq -> pi_lock = 1 } ; d_step { interruptible = 0; pi_lock = 0; sent++ }
#else
       :: d_step { !pi_lock && interruptible && on_rq && !HAS(rq_lock, cpu) -> interruptible = 0; sent++ }
#endif
       :: d_step { !pi_lock && interruptible && !on_rq && !on_cpu && !HAS(rq_lock, 0) -> interruptible = 0; cpu = 0; on_rq = 1; sent++ }
       :: d_step { !pi_lock && interruptible && !on_rq && !on_cpu && !HAS(rq_lock, 1) -> interruptible = 0; cpu = 1; on_rq = 1; sent++ }
#if CPUS > 2
       :: d_step { !pi_lock && interruptible && !on_rq && !on_cpu && !HAS(rq_lock, 2) -> interruptible = 0; cpu = 2; on_rq = 1; sent++ }
#endif
       fi
    od
}
