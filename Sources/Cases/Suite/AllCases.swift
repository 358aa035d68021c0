extension Case {
    /// The conformance suite, in the order in which it is listed and run.
    public static var all: [Case] {
        topics.flatMap { $0 }
    }

    /// One line for each topic.
    private static var topics: [[Case]] {
        [
            testui,
            clui,
            uifAndFlags,
            enumeration,
            registers,
            reservedRegisterBits,
            canonicalRegisters,
            invalidOpcodes,
            privilegeLevels,
            encodings,
            senduipi,
            senduipiFaults,
            userSENDUIPIRegisters,
            userSENDUIPIOperand,
            userSENDUIPIIndices,
            userSENDUIPIEffects,
            userPrefixes,
            userLock,
            userLength,
            userEnumeration,
            userTESTUI,
            userUIF,
            userVectors,
            userPending,
            userFrames,
            userDeliveryFaults,
            userUIRETFlags,
            userUIRETPops,
            userUIRETUIF,
            userUIRETFaults,
            identification,
            processing,
            deliveries,
            deliveryFaults,
            uirets,
            xsaves,
            xrstors,
            localAPIC,
            messages,
            thread,
        ]
    }

    /// The encodings that cases execute, prefixes apart.
    enum Encoding {
        static let uiret: [UInt8] = [0xF3, 0x0F, 0x01, 0xEC]
        static let testui: [UInt8] = [0xF3, 0x0F, 0x01, 0xED]
        static let clui: [UInt8] = [0xF3, 0x0F, 0x01, 0xEE]
        static let stui: [UInt8] = [0xF3, 0x0F, 0x01, 0xEF]

        /// SENDUIPI of a general register, 0–15.
        static func senduipi(_ register: UInt8) -> [UInt8] {
            register < 8 ? [0xF3, 0x0F, 0xC7, 0xF0 | register] : [0xF3, 0x41, 0x0F, 0xC7, 0xF0 | register & 7]
        }
    }
}
