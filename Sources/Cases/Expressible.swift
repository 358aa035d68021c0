import Architecture

/// Which steps a machine of each level can take. A case's level is checked against its steps, not believed.
extension Step {
    /// True if a machine of `level` can take this step.
    public func isExpressible(at level: Level) -> Bool {
        switch level {
        case .core: true
        case .cpl0: isExpressibleAtCPL0
        case .cpl3: isExpressibleAtCPL3
        }
    }

    private var isExpressibleAtCPL0: Bool {
        switch self {
        // The two atomic steps of notification processing come apart on the core only; so does an IPI that stays in flight.
        case .identify, .clearOutstanding, .takeRequests, .arriveNewest, .expectInFlight, .expectMessage, .initialize,
            .expectOther:
            false
        case .set(let field, _): field.isSettableAtCPL0
        case .expect(let field, _): field.isSettableAtCPL0 || field == .apicPPR || field == .apicIRR || field == .apicISR
        default: true
        }
    }

    private var isExpressibleAtCPL3: Bool {
        switch self {
        case .set(let field, _), .expect(let field, _):
            field.registerNumber != nil || field == .rflags || field == .uif || field == .rip
        case .connect, .execute, .settle, .expectFault, .expectDelivered, .expectFrameRSP, .expectFrameRFLAGS,
            .expectEntryRSP:
            true
        case .store(let address, _), .expectMemory(let address, _):
            address >= Layout.stack && address < Layout.altStackTop
        case .cpuid, .expectCPUID: true
        default: false
        }
    }
}

extension Field {
    fileprivate var isSettableAtCPL0: Bool {
        switch self {
        case .enclave, .activity, .shadow, .cr4LA57, .eferLMA, .csL, .apicID, .apicSentIllegal, .apicReceivedIllegal,
            .apicPPR, .apicIRR, .apicISR:
            false
        default: true
        }
    }
}

extension Case {
    /// True if a machine of `level` can take every step, and the case asks for nothing that it may not have.
    public func isExpressible(at level: Level) -> Bool {
        level == .core || features.uintr && steps.allSatisfy { $0.isExpressible(at: level) }
    }
}
