import KernelModel
import Testing
import Verdicts

@Suite("Bounds as text")
struct BoundsTests {
    private func sentence(_ text: String, _ scenario: Scenario = .any) -> String? {
        do throws(UsageError) {
            _ = try Bounds.parse(text, scenario: scenario)
            return nil
        } catch {
            return error.sentence
        }
    }

    @Test("what is not named is cpus=2, receivers=1, senders=1, messages=1, vectors=1 and 0")
    func defaults() throws {
        let bounds = try Bounds.parse("")
        #expect(bounds == Bounds())
        #expect(bounds.text == "cpus=2, receivers=1, senders=1, messages=1")
        #expect(bounds.argument(in: .any).isEmpty)
    }

    @Test("every bound can be named, its whole range and nothing beyond", arguments: BoundKey.all.map(\.name))
    func everyKey(_ name: String) throws {
        let key = try #require(BoundKey.all.first { $0.name == name })
        for value in key.range {
            let others = name == "offline" ? ",cpus=2" : ""
            #expect(try Bounds.parse("\(name)=\(value)\(others)")[keyPath: key.path] == value)
        }
        for value in [key.range.lowerBound - 1, key.range.upperBound + 1] {
            let nearest = value < key.range.lowerBound ? key.range.lowerBound : key.range.upperBound
            let text = try #require(sentence("\(name)=\(value)"))
            #expect(text.contains("\(name)=\(value) is out of range") && text.contains("the nearest is \(name)=\(nearest)"), "\(text)")
        }
    }

    @Test("the table of bounds has every field of Bounds once")
    func complete() {
        let fields = Mirror(reflecting: Bounds()).children.compactMap(\.label)
        #expect(BoundKey.all.map(\.name) == fields)
        #expect(Set(BoundKey.all.map { $0.path as AnyKeyPath }).count == fields.count)
    }

    @Test("bounds read back from their argument", arguments: Scenario.allCases)
    func roundTrip(_ scenario: Scenario) throws {
        var bounds = Bounds(for: scenario)
        #expect(try Bounds.parse(bounds.argument(in: scenario), scenario: scenario) == bounds)
        for key in BoundKey.all { bounds[keyPath: key.path] = key.range.upperBound }
        #expect(try Bounds.parse(bounds.argument(in: scenario), scenario: scenario) == bounds)
    }

    @Test(
        "a bound that cannot be read is answered by what is allowed, and by what was meant",
        arguments: [
            ("cpu=3", "Did you mean cpus?"), ("off_line=1", "Did you mean offline?"), ("zebra=1", "senders (1-3)"),
            ("cpus", "name=number"), ("cpus=", "name=number"), ("=3", "name=number"), ("cpus=2,,senders=1", "name=number"),
            ("senders=two", "senders is 1 to 3"), ("cpus=2,cpus=3", "given twice"), ("cpus=99999999999999999999", "not a number"),
            ("cpus=2=3", "name=number"),
        ])
    func refused(_ text: String, _ words: String) throws {
        let said = try #require(sentence(text))
        #expect(said.hasPrefix("--bounds: ") && said.contains(words), "\(said)")
    }

    @Test("spaces around names and numbers are let pass")
    func spaces() throws {
        #expect(try Bounds.parse("cpus=3, senders = 2").senders == 2)
    }

    @Test("in the scenario hotplug one CPU goes offline without being asked, and none is a contradiction")
    func hotplug() throws {
        #expect(try Bounds.parse("senders=2", scenario: .hotplug).offline == 1)
        #expect(try #require(sentence("offline=0", .hotplug)).contains("Give offline=1 or more"))
        #expect(try #require(sentence("cpus=1,offline=1")).contains("CPU 0 is never taken offline"))
        #expect(try #require(sentence("cpus=1", .hotplug)).contains("CPU 0 is never taken offline"))
    }

    @Test("a number of bytes has a unit or none", arguments: [("4G", 4 << 30), ("512M", 512 << 20), ("64k", 64 << 10), ("4096", 4096)])
    func memory(_ text: String, _ expected: UInt64) throws {
        #expect(try bytes(of: text, option: "--memory") == expected)
    }

    @Test("what is no number of bytes is refused with an example", arguments: ["", "G", "-1", "0", "4GB", "1.5G", "99999999999T"])
    func noMemory(_ text: String) {
        #expect(throws: UsageError.self) { try bytes(of: text, option: "--memory") }
    }
}

@Suite("Names of the catalogue")
struct CatalogueTests {
    @Test("a misspelt design is answered by the designs and the nearest")
    func design() throws {
        let error = try #require(throws: UsageError.self) { try WaitDesign.checked("rfc-1") }
        #expect(error.sentence.contains("Did you mean rfc-v1?") && error.sentence.contains("intel-sender") && error.sentence.contains("--list"))
        for design in WaitDesign.all { #expect(try WaitDesign.checked(design.name).name == design.name) }
    }

    @Test("repairs come out in the design's order, each once; the mail's ideas are switches of every design")
    func repairs() throws {
        let design = try WaitDesign.checked("rfc-v1")
        #expect(try design.checkedRepairs(["pending-check", "state-order", "pending-check"]) == ["state-order", "pending-check"])
        for design in WaitDesign.all {
            for idea in WaitDesign.ideas { #expect(try design.checkedRepairs([idea.name]) == [idea.name]) }
        }
    }

    @Test("a repair that the design does not have, or has anyway, is refused")
    func noRepair() throws {
        let design = try WaitDesign.checked("rfc-v1")
        let misspelt = try #require(throws: UsageError.self) { try design.checkedRepairs(["pending-chek"]) }
        #expect(misspelt.sentence.contains("Did you mean pending-check?"))
        let always = try #require(throws: UsageError.self) { try WaitDesign.checked("vector").checkedRepairs(["state-order"]) }
        #expect(always.sentence.contains("has it without being asked"))
    }

    @Test("a misspelt claim is answered by the claims and the nearest")
    func claim() throws {
        let error = try #require(throws: UsageError.self) { try Claim.named("lost") }
        #expect(error.sentence.contains("Did you mean lost-wakeup?"))
        for claim in Claim.allCases { #expect(try Claim.named(claim.rawValue) == claim) }
    }

    @Test("a question's command names what is not usual, and nothing else")
    func command() throws {
        #expect(Question(design: "fault").command == "uintr explore --design fault --claim lost-wakeup")
        let full = Question(
            design: "rfc-v1", repairs: ["state-order", "cleanup"], claim: .delivered, scenario: .hotplug, user: .naive,
            bounds: try Bounds.parse("cpus=3,offline=2", scenario: .hotplug))
        #expect(
            full.command
                == "uintr explore --design rfc-v1 --repairs state-order,cleanup --claim delivered --scenario hotplug --user naive --bounds cpus=3,offline=2"
        )
    }

    @Test("the exit status is 1 with a violation, else 4 with something incomplete, else 0")
    func exitStatus() {
        func answers(_ verdicts: Answer.Verdict...) -> [Answer] {
            verdicts.map { Answer(question: Question(design: "fault"), verdict: $0, states: 1, transitions: 0, seconds: 0, coverage: "") }
        }
        #expect(answers(.holds, .violated, .incomplete).exitStatus == 1)
        #expect(answers(.holds, .incomplete).exitStatus == 4)
        #expect(answers(.holds, .holds).exitStatus == 0)
    }
}
