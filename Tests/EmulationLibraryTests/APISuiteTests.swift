import Foundation
import Subprocess
import SystemPackage
import Testing

/// The hardware backend does not know that it is emulated. These tests run this very program once more, with the library in it.
@Suite("The API's tests, by the hardware's path", .serialized, .timeLimit(.minutes(10)))
struct APISuiteTests {
    @Test("the hardware backend passes the API suite under the library, for every ABI", arguments: Preloaded.abis)
    func suite(abi: String) async throws {
        let environment: [Environment.Key: String?] = [
            "UINTR_ABI": abi, "UINTR_EMULATION_TRACE": "upids", "LD_PRELOAD": Preloaded.library, "SWIFT_BACKTRACE": "enable=no",
        ]
        // SIGSEGV first: the library then prints its UPIDs.
        let outcome = try await Subprocess.run(
            .name("timeout"),
            arguments: [
                "--signal=SEGV", "--kill-after=10", "300", ProcessInfo.processInfo.arguments[0], "--testing-library", "swift-testing",
                "--filter", #"^UserInterruptsTests\."#,
            ],
            environment: .inherit.updating(environment), output: .string(limit: 16 << 20), error: .string(limit: 16 << 20))
        let text = outcome.standardOutput + outcome.standardError
        let failures = text.split(separator: "\n").filter { $0.contains("recorded an issue") || $0.contains("libuintr-emulation: ") }
        #expect(outcome.terminationStatus == .exited(0), "\(outcome.terminationStatus)\n\(failures.joined(separator: "\n"))\n\(text.suffix(2000))")
        // Without this line it has run on the emulation alone.
        #expect(text.contains("The API suite runs on the hardware too: ABI \(abi),"))
    }
}
