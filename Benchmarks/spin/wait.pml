/*
 * uintr_wait() of the fault design (docs/uapi.md): a receiver that sleeps is marked by a reserved bit of its UPID, so that SENDUIPI
 * faults and the #GP handler wakes it.
 *
 * One receiver's task on CPUS processors; S senders, each on a processor of its own, M messages each on one user vector; at most P
 * preemptions of the receiver. Each access to what another process can see is a step. Sources/SpinModel/WaitModel.swift has the
 * same steps under the same names, and the same fields: with reduction off both have the same number of states.
 *
 * Sizes: -DCPUS=2..3 -DS=1..3 -DM=1..3 -DP=0..3. -DMUTANT=1..7 leaves one thing out (see the places).
 */
#include "globals.pml"

/* In user mode: a reschedule interrupt, or a preemption. */
#define USER_INTERRUPT(where) \
    :: d_step { !identified && HAS(kick, cpu) -> CLEAR(kick, cpu); user = 0; back = where } ; goto x_cli \
    :: d_step { !identified && preemptions > 0 -> preemptions--; user = 0; back = where } ; goto s_cli

#define PREEMPTION(where) \
    :: d_step { !identified && preemptions > 0 -> preemptions--; back = where } ; goto s_cli

/* What a processor does beside the receiver's own steps: interrupts, and the task that runs before and after the receiver. */
active [CPUS] proctype Processor()
{
end_p_idle:
    do
    /* Notification identification and processing */
    :: d_step { HAS(irr, _pid) && !HAS(irqs_off, _pid) && HAS(uinv, _pid) -> CLEAR(irr, _pid); identified = 1 };
p_on:
       on = 0;
p_pir:
       d_step { uirr = uirr | pir; pir = 0; identified = 0 }
    /* Not this CPU's UINV: the handler of the stale vector does nothing. */
    :: d_step { HAS(irr, _pid) && !HAS(irqs_off, _pid) && !HAS(uinv, _pid) -> CLEAR(irr, _pid) }
    :: d_step { HAS(kick, _pid) && !HAS(irqs_off, _pid) && !(user && cpu == _pid) -> CLEAR(kick, _pid) }
    /* The end of the receiver's switch-out, in the next task */
    :: d_step { HAS(irqs_off, _pid) && !(on_cpu && cpu == _pid) -> CLEAR(rq_lock, _pid) };
p_sti:
       CLEAR(irqs_off, _pid)
    /* The receiver is next */
    :: d_step { !HAS(irqs_off, _pid) && on_rq && cpu == _pid && !on_cpu -> SET(irqs_off, _pid) };
p_lock:
       if :: d_step { !HAS(rq_lock, _pid) -> SET(rq_lock, _pid) } fi;
p_switch:
       on_cpu = 1
    :: atomic { _pid == 0 && timeout ->
           c_code { PRINT_ENDING; };
           assert(!pir && !uirr && !on_rq)
       }
    od
}

active proctype Receiver()
{
    unsigned back : 4;
    bit taken;

    /* The program: clui; if (!flag) uintr_wait(); stui. Recognised user interrupts come first; UIF is 1 only at u_clui. */
u_clui:
    if
    :: d_step { !identified && uirr -> uirr = 0 } ; goto h_flag
    :: !identified && !uirr -> goto u_test
    USER_INTERRUPT(U_CLUI)
    fi;
u_test:
    if
    :: d_step { !identified && flag -> flag = 0 } ; goto u_stui
    :: d_step { !identified && !flag -> user = 0 } ; goto k_state
    USER_INTERRUPT(U_TEST)
    fi;
u_stui:
    if
    :: !identified -> goto u_clui
    USER_INTERRUPT(U_STUI)
    fi;
h_flag:
    if
    :: d_step { !identified -> flag = 1 }
    USER_INTERRUPT(H_FLAG)
    fi;
h_uiret:
    if
    :: !identified -> goto u_clui
    USER_INTERRUPT(H_UIRET)
    fi;

    /* uintr_wait() */
k_state:
#if MUTANT == 3                 /* the task's state is set only after the bit */
    !identified;
#else
    if :: d_step { !identified -> interruptible = 1 } fi;
#endif
k_cli:
    if
    :: d_step { !identified -> SET(irqs_off, cpu) }
    PREEMPTION(K_CLI)
    fi;
k_uinv:
#if MUTANT == 7                 /* UINV stays: a notification after the test goes to UIRR */
    skip;
#else
    CLEAR(uinv, cpu);
#endif
k_tif:
    tif = 1;
k_uirr:
#if MUTANT == 2                 /* UIRR is not looked at */
    skip;
#else
    if
    :: uirr -> goto n_state
    :: !uirr
    fi;
#endif
k_arm:
    if
#if MUTANT == 1                 /* PIR is not looked at */
    :: d_step { armed = 1; on = 0 }
#else
    :: d_step { !pir -> armed = (MUTANT != 5); on = 0 }   /* 5: the bit is not set */
    :: pir -> goto n_state
#endif
    fi;
k_sti:
#if MUTANT == 3
    d_step { interruptible = 1; CLEAR(irqs_off, cpu) };
#else
    CLEAR(irqs_off, cpu);
#endif
k_schedule:
    if
    :: d_step { !identified -> back = K_DISARM } ; goto s_cli
    PREEMPTION(K_SCHEDULE)
    fi;
k_disarm:
    if
    :: d_step { !identified -> armed = 0 }
    PREEMPTION(K_WOKEN)
    fi;
k_running:
    if :: d_step { !identified -> interruptible = 0; back = U_STUI } fi;
    goto x_cli;

    /* Something is pending: no sleep. */
n_state:
    interruptible = 0;
n_sti:
    if :: d_step { CLEAR(irqs_off, cpu); back = U_STUI } fi;
    goto x_cli;

    /* schedule(), and a preemption's __schedule() */
s_cli:
    if :: d_step { !identified -> SET(irqs_off, cpu) } fi;
s_lock:
    if :: d_step { !HAS(rq_lock, cpu) -> SET(rq_lock, cpu) } fi;
s_dequeue:
    if
    :: d_step { back == K_DISARM && interruptible -> on_rq = 0 }
    :: back == K_DISARM && !interruptible -> goto s_unlock
    :: back != K_DISARM
    fi;
s_sn:
    sn = 1;
s_xsaves:
    CLEAR(uinv, cpu);
s_tif:
    tif = 1;
s_switch:
    on_cpu = 0;                 /* CPU(cpu) unlocks the run queue and enables interrupts */
s_unlock:
end_asleep:
    if :: d_step { on_cpu -> CLEAR(rq_lock, cpu) } fi;
s_sti:
    if
    :: d_step { back < K_CLI -> CLEAR(irqs_off, cpu) } ; goto x_cli
    :: d_step { back == K_CLI -> CLEAR(irqs_off, cpu) } ; goto k_cli
    :: d_step { back == K_SCHEDULE -> CLEAR(irqs_off, cpu) } ; goto k_schedule
    :: d_step { back > K_SCHEDULE -> CLEAR(irqs_off, cpu) } ; goto k_disarm
    fi;

    /* The return to user mode */
x_cli:
    if :: d_step { !identified -> SET(irqs_off, cpu) } fi;
x_tif:
    if
    :: d_step { tif -> tif = 0 }
    :: !tif -> goto x_iret
    fi;
x_upid:
#if MUTANT == 4                 /* ON stays */
    d_step { ndst = cpu; sn = 0 };
#else
    d_step { ndst = cpu; sn = 0; on = 0 };
#endif
x_pir:
    if :: d_step { taken = pir; pir = 0 } fi;
x_uirr:
    uirr = uirr | taken;
x_uinv:
    SET(uinv, cpu);
x_iret:
    if
    :: d_step { back == U_CLUI -> user = 1; CLEAR(irqs_off, cpu) } ; goto u_clui
    :: d_step { back == U_TEST -> user = 1; CLEAR(irqs_off, cpu) } ; goto u_test
    :: d_step { back == U_STUI -> user = 1; CLEAR(irqs_off, cpu) } ; goto u_stui
    :: d_step { back == H_FLAG -> user = 1; CLEAR(irqs_off, cpu) } ; goto h_flag
    :: d_step { back == H_UIRET -> user = 1; CLEAR(irqs_off, cpu) } ; goto h_uiret
    fi
}

/* IPIs arrive when they like. */
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

#if MUTANT == 6                 /* ttwu_runnable() without the run queue's lock */
#define LOCK_RQ skip
#define UNLOCK_RQ skip
#else
#define LOCK_RQ SET(rq_lock, cpu)
#define UNLOCK_RQ CLEAR(rq_lock, cpu)
#endif

/* One processor that sends: SENDUIPI, and where it faults, the #GP handler. */
active [S] proctype Sender()
{
    unsigned sent : 2;
    unsigned target : 2;        /* NDST as SENDUIPI read it */

end_i_loop:
    do
    :: sent < M;
i_entry:
       skip;                    /* the UITT entry */
i_upid:
       if
       :: armed -> goto g_decode
       :: d_step { !armed && (sn || on) -> pir = 1 } ; goto i_next
       :: d_step { !armed && !sn && !on -> pir = 1; on = 1; target = ndst }
       fi;
i_ipi:
       if :: d_step { ((in_flight >> (2 * target)) & 3) < 3 -> in_flight = in_flight + (1 << (2 * target)) } fi;
       goto i_next;

g_decode:
       skip;                    /* the instruction's bytes, and the index against the kernel's own table */
g_post:
       if
       :: d_step { armed -> armed = 0; pir = 1 } ; goto w_pi_lock
       :: d_step { !armed -> pir = 1 }
       fi;
g_tif:
       tif = 1;
g_kick:
       SET(kick, cpu);
       goto i_next;

       /* try_to_wake_up() */
w_pi_lock:
       if :: d_step { !pi_lock -> pi_lock = 1 } fi;
w_state:
       if
       :: interruptible
       :: !interruptible -> goto w_pi_unlock
       fi;
w_on_rq:
       if
       :: on_rq
       :: !on_rq -> goto w_waking
       fi;
       /* ttwu_runnable() */
w_rq_lock:
       if :: d_step { !HAS(rq_lock, cpu) || MUTANT == 6 -> LOCK_RQ } fi;
w_recheck:
       if
       :: on_rq
       :: !on_rq -> goto w_not_queued
       fi;
w_running:
       interruptible = 0;
w_rq_unlock:
       UNLOCK_RQ;
       goto w_pi_unlock;
w_not_queued:
       UNLOCK_RQ;

w_waking:
       interruptible = 0;
w_select:
       if
       :: d_step { !on_cpu -> cpu = 0 }
       :: d_step { !on_cpu -> cpu = 1 }
#if CPUS > 2
       :: d_step { !on_cpu -> cpu = 2 }
#endif
       fi;
w_new_lock:
       if :: d_step { !HAS(rq_lock, cpu) -> SET(rq_lock, cpu) } fi;
w_enqueue:
       on_rq = 1;
w_new_unlock:
       CLEAR(rq_lock, cpu);
w_pi_unlock:
       pi_lock = 0;
i_next:
       sent++
    od
}
