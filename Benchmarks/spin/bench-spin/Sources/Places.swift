/// Where the receiver is: the labels of wait.pml.
enum ReceiverPlace {
    // User mode; UIF = 1 at `uClui` only.
    static let uClui: UInt64 = 1
    static let uTest: UInt64 = 2
    static let uStui: UInt64 = 3
    static let hFlag: UInt64 = 4
    static let hUiret: UInt64 = 5
    // uintr_wait()
    static let kState: UInt64 = 6
    static let kCli: UInt64 = 7
    static let kUinv: UInt64 = 8
    static let kTif: UInt64 = 9
    static let kUirr: UInt64 = 10
    static let kArm: UInt64 = 11
    static let kSti: UInt64 = 12
    static let kSchedule: UInt64 = 13
    static let kDisarm: UInt64 = 14
    static let kRunning: UInt64 = 15
    static let nState: UInt64 = 16
    static let nSti: UInt64 = 17
    // schedule()
    static let sCli: UInt64 = 18
    static let sLock: UInt64 = 19
    static let sDequeue: UInt64 = 20
    static let sSn: UInt64 = 21
    static let sXsaves: UInt64 = 22
    static let sTif: UInt64 = 23
    static let sSwitch: UInt64 = 24
    static let sUnlock: UInt64 = 25
    static let sSti: UInt64 = 26
    // The return to user mode
    static let xCli: UInt64 = 27
    static let xTif: UInt64 = 28
    static let xUpid: UInt64 = 29
    static let xPir: UInt64 = 30
    static let xUirr: UInt64 = 31
    static let xUinv: UInt64 = 32
    static let xIret: UInt64 = 33

    static let names = [
        "", "u_clui", "u_test", "u_stui", "h_flag", "h_uiret", "k_state", "k_cli", "k_uinv", "k_tif", "k_uirr", "k_arm", "k_sti",
        "k_schedule", "k_disarm", "k_running", "n_state", "n_sti", "s_cli", "s_lock", "s_dequeue", "s_sn", "s_xsaves", "s_tif",
        "s_switch", "s_unlock", "s_sti", "x_cli", "x_tif", "x_upid", "x_pir", "x_uirr", "x_uinv", "x_iret",
    ]
}

/// Where the receiver goes on after schedule() or the return to user mode: the values of `back` in wait.pml.
enum Back {
    static let uClui: UInt64 = 0
    static let uTest: UInt64 = 1
    static let uStui: UInt64 = 2
    static let hFlag: UInt64 = 3
    static let hUiret: UInt64 = 4
    static let kCli: UInt64 = 5
    static let kSchedule: UInt64 = 6
    static let kWoken: UInt64 = 7
    /// After its own schedule(), not a preemption.
    static let kDisarm: UInt64 = 8
}

/// wait.pml's Processor, as two processes that are never away from `idle` at once: its interrupts …
enum InterruptPlace {
    static let idle: UInt64 = 0
    static let on: UInt64 = 1
    static let pir: UInt64 = 2
    static let names = ["p_idle", "p_on", "p_pir"]
}

/// … and the task that runs before and after the receiver.
enum IdlePlace {
    static let idle: UInt64 = 0
    static let sti: UInt64 = 1
    static let lock: UInt64 = 2
    static let onCPU: UInt64 = 3
    static let names = ["p_idle", "p_sti", "p_lock", "p_switch"]
}

enum SenderPlace {
    static let loop: UInt64 = 0
    static let entry: UInt64 = 1
    static let upid: UInt64 = 2
    static let ipi: UInt64 = 3
    static let decode: UInt64 = 4
    static let post: UInt64 = 5
    static let tif: UInt64 = 6
    static let kick: UInt64 = 7
    static let piLock: UInt64 = 8
    static let state: UInt64 = 9
    static let onRq: UInt64 = 10
    static let rqLock: UInt64 = 11
    static let recheck: UInt64 = 12
    static let running: UInt64 = 13
    static let rqUnlock: UInt64 = 14
    static let notQueued: UInt64 = 15
    static let waking: UInt64 = 16
    static let select: UInt64 = 17
    static let newLock: UInt64 = 18
    static let enqueue: UInt64 = 19
    static let newUnlock: UInt64 = 20
    static let piUnlock: UInt64 = 21
    static let next: UInt64 = 22

    static let names = [
        "i_loop", "i_entry", "i_upid", "i_ipi", "g_decode", "g_post", "g_tif", "g_kick", "w_pi_lock", "w_state", "w_on_rq",
        "w_rq_lock", "w_recheck", "w_running", "w_rq_unlock", "w_not_queued", "w_waking", "w_select", "w_new_lock", "w_enqueue",
        "w_new_unlock", "w_pi_unlock", "i_next",
    ]
}
