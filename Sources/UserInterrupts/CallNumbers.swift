package import CUserInterrupts

/// The system-call numbers of a kernel with the ABI ``ABI/project``, as it lists them in a file (docs/uapi.md).
///
/// The first line is `abi 1`; every other is a name, a space and a decimal number. A call that is not listed is not there, a
/// name that is not known is passed over.
public struct CallNumbers: Hashable, Sendable, Codable {
    /// Where the kernel has the file. An emulation, which cannot add one there, names its own by `UINTR_CALLS`.
    public static let path = UINTR_CALLS_FILE

    /// By the name of the call, as ``SystemCall`` has it; at least one.
    public let numbers: [String: Int32]

    /// Why a text is no such list: half a sentence that the name of the file can stand before.
    struct Malformed: Error, Hashable { let reason: String }

    /// The numbers that a text lists.
    init(listedIn text: String) throws(Malformed) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let first = lines.first, first == UINTR_CALLS_FIRST_LINE else {
            throw Malformed(reason: "does not begin with the line \"\(UINTR_CALLS_FIRST_LINE)\", the only version that this program knows")
        }
        let known = Set(SystemCall.allCases.map(\.rawValue))
        var numbers: [String: Int32] = [:]
        for (index, line) in lines.enumerated().dropFirst() where !line.isEmpty {
            let words = line.split(separator: " ", omittingEmptySubsequences: false)
            // Bit 30 marks the calls of x32.
            guard words.count == 2, words[1].allSatisfy({ ("0"..."9").contains($0) }), let number = Int32(words[1]), number < 1 << 30 else {
                throw Malformed(reason: "has no name and number on line \(index + 1)")
            }
            let name = String(words[0])
            guard known.contains(name) else { continue }
            guard numbers.updateValue(number, forKey: name) == nil else {
                throw Malformed(reason: "lists \(name) twice")
            }
        }
        guard !numbers.isEmpty else { throw Malformed(reason: "lists no call that this program knows") }
        guard Set(numbers.values).count == numbers.count else { throw Malformed(reason: "gives one number to two calls") }
        self.numbers = numbers
    }

    /// The shim's row of `project` with these numbers.
    package var table: uintr_abi {
        var row = ABI.project.table
        // No number is below -1, which is all that this refuses.
        _ = uintr_abi_project_numbers(&row, (0..<UInt32(UINTR_CALL_COUNT)).map { call in
            numbers[String(cString: uintr_call_name(uintr_call(rawValue: call)))] ?? -1
        })
        return row
    }
}
