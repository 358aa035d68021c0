import Foundation
import KernelModel
import Testing
import Verdicts

@Suite("Files of traces and results")
struct FileTests {
    private let file: TraceFile = {
        let ipi = Trace.InFlight(vector: "UINV", to: 1)
        let steps = [
            Trace.Step(id: 3, cpu: 0, task: "sender C", text: "SENDUIPI", inFlight: [ipi], state: [.init(name: "UPID", text: "ON=1", changed: true)]),
            Trace.Step(id: 9, cpu: nil, task: nil, text: "arrives", arrow: ipi, inFlight: [], state: [.init(name: "UPID", text: "ON=1")]),
        ]
        return TraceFile(
            version: 4, question: Question(design: "fault"), verdict: .violated, seed: 5,
            trace: Trace(title: "t", cpus: 2, initial: [], steps: steps, conclusion: "c"))
    }()

    private func bytes(_ change: (inout TraceFile) -> Void = { _ in }) throws -> [UInt8] {
        var file = file
        change(&file)
        return Array(try JSONEncoder().encode(file))
    }

    private func refusal(_ bytes: [UInt8]) -> String? {
        do throws(FileError) {
            _ = try TraceFile.read(bytes, version: 4)
            return nil
        } catch {
            return error.sentence
        }
    }

    @Test("a trace file reads back as it was")
    func roundTrip() throws {
        #expect(try TraceFile.read(try bytes(), version: 4) == file)
    }

    @Test("what is no trace file is refused, and said to be what it is")
    func refused() throws {
        #expect(try #require(refusal([])).contains("is not JSON"))
        #expect(try #require(refusal(Array("hello".utf8))).contains("is not JSON"))
        #expect(try #require(refusal(Array("{}".utf8))).contains("no trace"))
        #expect(try #require(refusal(Array("[]".utf8))).contains("another form"))
        #expect(try #require(refusal(Array(#"{"format":"uintr-trace"}"#.utf8))).contains("no version"))
        #expect(try #require(refusal(Array(#"{"format":"uintr-trace","version":4}"#.utf8))).contains("lacks \"question\""))
        #expect(try #require(refusal(Array(try bytes().dropLast(20)))).contains("cut off"))
        #expect(try #require(refusal(try bytes { $0.version = 3 })).contains("of version 3 of the model, and this is version 4"))
        #expect(try #require(refusal([0xFF, 0xFE, 0x00])).contains("is not JSON"))
    }

    @Test("a CPU that the trace does not have is damage, wherever it stands")
    func damaged() throws {
        #expect(try #require(refusal(try bytes { $0.trace.steps[0].cpu = 2 })).contains("step 1 names CPU 2, and there are 2"))
        #expect(try #require(refusal(try bytes { $0.trace.steps[1].arrow?.to = -1 })).contains("step 2 names CPU -1"))
        #expect(try #require(refusal(try bytes { $0.trace.steps[0].inFlight[0].to = 7 })).contains("step 1 names CPU 7"))
        for cpus in [0, 5, 1_000_000] { #expect(try #require(refusal(try bytes { $0.trace.cpus = cpus })).contains("\"cpus\" is \(cpus)")) }
    }

    @Test("a claim that no model has is named with its place")
    func unknownClaim() throws {
        let text = String(decoding: try bytes(), as: UTF8.self).replacing("lost-wakeup", with: "lost-sleep")
        let said = try #require(refusal(Array(text.utf8)))
        #expect(said.contains("\"question\", \"claim\"") && said.contains("lost-sleep"), "\(said)")
    }

    @Test("results that a run did not finish writing are told from others")
    func results() throws {
        func refusal(_ text: String) -> String? {
            do throws(FileError) {
                _ = try AnswerRecord.read(Array(text.utf8))
                return nil
            } catch {
                return error.sentence
            }
        }
        #expect(try #require(refusal("")).contains("is empty"))
        #expect(try #require(refusal(" \n")).contains("is empty"))
        #expect(try #require(refusal("[{")).contains("cut off"))
        #expect(try #require(refusal("{}")).contains("another form"))
        #expect(try #require(refusal(#"[{"design":"fault"}]"#)).contains("lacks \"repairs\" in row 1"))
        #expect(try AnswerRecord.read(Array("[]".utf8)).isEmpty)
    }
}
