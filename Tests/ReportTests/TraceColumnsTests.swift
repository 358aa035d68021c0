import Report
import Testing
import Verdicts

@Suite("A trace in columns")
struct TraceColumnsTests {
    private func lines(_ trace: Trace, width: Int, colour: Bool = false) -> [String] {
        TraceColumns(trace, TextLayout(width: width, colour: colour)).text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// The column in which `text` begins, in the first line that holds it.
    private func column(of text: String, in lines: [String]) throws -> Int {
        let line = try #require(lines.first { $0.contains(text) }, "no line holds \(text)")
        let range = try #require(line.firstRange(of: text))
        return line.distance(from: line.startIndex, to: range.lowerBound)
    }

    @Test("no line is wider than the terminal, and no word of a step is lost", arguments: [40, 60, 80, 100, 120])
    func fits(_ width: Int) throws {
        for trace in [Sample.lostWakeup, Sample.arrows] {
            let lines = lines(trace, width: width)
            for line in lines { #expect(line.count <= width, "\(line.count) columns: \(line)") }
            let letters = Set(lines.joined().filter { !$0.isWhitespace })
            for step in trace.steps { #expect(Set(step.text.filter { !$0.isWhitespace }).isSubset(of: letters)) }
        }
        // What is wrapped stands in its column in order: the words of the last step of CPU 0 that is long.
        let joined = lines(Sample.lostWakeup, width: width).joined(separator: " ").split(separator: " ").joined(separator: " ")
        for word in ["cpu_down(1):", "stopper", "play_dead()", "nothing", "answers"] { #expect(joined.contains(word)) }
    }

    @Test("each step stands in the column of its CPU, below those before it", arguments: [80, 100, 120])
    func columns(_ width: Int) throws {
        let lines = lines(Sample.lostWakeup, width: width)
        let first = try column(of: "CPU 0", in: lines.filter { $0.contains("CPU 0  ") })
        let second = try column(of: "CPU 1", in: lines.filter { $0.contains("CPU 0  ") })
        #expect(first < second)
        #expect(try column(of: "clui", in: lines) == second + 1)
        #expect(try column(of: "play_dead()", in: lines) == second + 1)
        #expect(try column(of: "cpu_down(1)", in: lines) == first + 1)
        #expect(try column(of: "SENDUIPI: PIR", in: lines) == first + 1)
        let order = ["clui", "list_add(A)", "cpu_down(1)", "play_dead()", "SENDUIPI: PIR", "nothing answers"]
        let places = try order.map { text in try #require(lines.firstIndex { $0.contains(text) }) }
        #expect(places == places.sorted())
    }

    @Test("a task is named before its first step, and again only after another one ran on that CPU")
    func tasks() throws {
        let lines = lines(Sample.lostWakeup, width: 100)
        #expect(lines.count { $0.contains("receiver A") && !$0.contains("Receiver") } == 1)
        #expect(lines.count { $0.trimmed == "stopper" } == 1)
        let name = try #require(lines.firstIndex { $0.contains("sender B") })
        #expect(lines[name + 1].contains("SENDUIPI"))
    }

    @Test("a function is named above the steps in it, once, and again after something else", arguments: [60, 100])
    func functions(_ width: Int) throws {
        var trace = Sample.lostWakeup
        trace.steps[1].text = "the flag is clear"
        for index in [2, 3, 5] { trace.steps[index].text = "uintr_wait(): " + trace.steps[index].text }
        let lines = lines(trace, width: width)
        let text = "  uintr_wait()"
        #expect(lines.filter { $0.hasSuffix(text) }.count == 2)
        let name = try #require(lines.firstIndex { $0.hasSuffix(text) })
        #expect(lines[name + 1].contains("UPID.NV := wait"))
        #expect(try column(of: "UPID.NV :=", in: lines) == (try column(of: "uintr_wait()", in: [lines[name]])) + 2)
        // A call with arguments is no heading, and neither is a function with nothing behind it.
        #expect(lines.contains { $0.contains("cpu_down(1): ") } && lines.contains { $0.contains("play_dead()") })
    }

    @Test("an IPI leaves the sender's column, is drawn while it is on its way, and ends at the CPU that it is for")
    func flight() throws {
        let lines = lines(Sample.arrows, width: 80)
        let sent = try #require(lines.firstIndex { $0.contains("IPI: UINV") && $0.contains("┘") })
        let arrives = try #require(lines.firstIndex { $0.contains("▶ arrives: recognised") })
        let lane = try column(of: "┌", in: [lines[sent]])
        for line in lines[(sent + 1)..<arrives] { #expect(Array(line)[lane] == "│", "\(line)") }
        #expect(Array(lines[arrives])[lane] == "└")
        // From CPU 2 to CPU 0, from CPU 0 to CPU 2, to itself, and a second one that joins the first.
        #expect(lines[sent].hasSuffix("┘"))
        #expect(lines.contains { $0.contains("└─ IPI: UINV ─") && $0.hasSuffix("┐") })
        #expect(lines.contains { $0.contains("┌─ IPI: reschedule to itself") })
        #expect(lines.contains { $0.contains("┼") && $0.hasSuffix("┤") })
        #expect(lines.contains { $0.contains("├▶ arrives") })
    }

    @Test("an IPI to a CPU that is offline ends in a cross")
    func dropped() {
        let lines = lines(Sample.lostWakeup, width: 80)
        #expect(lines.contains { $0.contains("└✗ nothing answers") })
        #expect(!lines.contains { $0.contains("▶") })
    }

    @Test("what a step changed stands beside it where there is room, underneath where there is not, and nothing else does")
    func changed() throws {
        let wide = lines(Sample.lostWakeup, width: 120)
        #expect(wide.contains { $0.contains("list_add(A)") && $0.contains("wait list: {A}") })
        let narrow = lines(Sample.lostWakeup, width: 60)
        let step = try #require(narrow.firstIndex { $0.contains("list_add(A)") })
        #expect(narrow[step + 1].contains("= wait list: {A}"))
        for lines in [wide, narrow] {
            #expect(lines.count { $0.contains("wait list: ") } == 1)
            #expect(!lines.contains { $0.contains("UIRR: ") })
        }
    }

    @Test("it begins with the title and the state, and ends with what is wrong")
    func ends() throws {
        let lines = lines(Sample.lostWakeup, width: 80)
        #expect(lines[0] == "rfc-v1, scenario hotplug: the claim lost-wakeup is violated")
        #expect(lines[2] == "at first  UPID        ON=0 SN=0 NV=UINV NDST=1 PIR={}")
        #expect(lines.dropLast().last == "later SENDUIPI: nothing can wake it any more.")
    }

    @Test("colour codes change no text", arguments: [60, 100])
    func colour(_ width: Int) {
        let plain = lines(Sample.arrows, width: width).joined(separator: "\n")
        let coloured = lines(Sample.arrows, width: width, colour: true).joined(separator: "\n")
        #expect(!plain.contains("\u{1B}") && coloured.contains("\u{1B}["))
        #expect(coloured.replacing(/\u{1B}\[\d+m/, with: "") == plain)
    }

    @Test("control characters in a trace reach no terminal")
    func controls() {
        var trace = Sample.lostWakeup
        trace.title += "\u{1B}[2J"
        trace.conclusion += "\u{1B}]0;x\u{07}"
        trace.steps[0].text += "\r\u{1B}[31m\nforged line"
        trace.steps[0].task = "receiver\u{1B}[1m"
        trace.steps[3].state[4].text += "\u{1B}c"
        trace.steps[9].inFlight[0].vector += "\u{1B}c"
        for width in [60, 110] {
            let text = TraceColumns(trace, TextLayout(width: width)).text
            #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
            #expect(!text.split(separator: "\n").contains { $0.trimmed == "forged line" && !$0.hasPrefix(" ") })
        }
    }

    @Test("a trace of one CPU, of four, of no steps, and of a hundred is drawn", arguments: [40, 80, 120])
    func extremes(_ width: Int) {
        for cpus in 1...4 {
            for count in [0, 1, 100] {
                let steps = (0..<count).map { index in
                    Trace.Step(
                        id: 1, cpu: index % cpus, task: "task \(index % 7)", text: "s\(index);",
                        inFlight: (0..<(index % 3)).map { _ in Trace.InFlight(vector: "UINV", to: cpus - 1) },
                        state: [.init(name: "UPID", text: "\(index)", changed: true)])
                }
                let trace = Trace(title: "t", cpus: cpus, initial: [], steps: steps, conclusion: "c")
                let lines = lines(trace, width: width)
                #expect(lines.allSatisfy { $0.count <= width })
                #expect(lines.count { $0.contains(";") } == count)
            }
        }
    }
}

extension StringProtocol {
    var trimmed: String {
        var text = Substring(self)
        while text.last == " " { text.removeLast() }
        return String(text.drop { $0 == " " })
    }
}

@Suite("A trace on a terminal, by keys")
struct TraceScreenTests {
    @Test("keys step on and back, to the ends and no further, and leave")
    func keys() {
        var screen = TraceScreen(Sample.lostWakeup)
        func places(_ moves: TraceScreen.Move...) -> [Int] {
            moves.map { move in
                let goesOn = screen.follow(move)
                return goesOn ? screen.place : -1
            }
        }
        #expect(places(.back, .next, .next) == [0, 1, 2])
        #expect(places(.last, .next, .back) == [11, 11, 10])
        #expect(places(.first, .quit) == [0, -1])
    }

    @Test(
        "what a terminal sends for a key is read as that key",
        arguments: [
            (" n\r", [.next, .next, .next]), ("b\u{7F}", [.back, .back]), ("gG", [.first, .last]), ("q", [.quit]), ("\u{3}", [.quit]),
            ("\u{1B}[C\u{1B}[B\u{1B}OC", [.next, .next, .next]), ("\u{1B}[D\u{1B}[A", [.back, .back]),
            ("\u{1B}[H\u{1B}[F\u{1B}[1~\u{1B}[4~", [.first, .last, .first, .last]), ("\u{1B}[5~\u{1B}[6~", [.back, .next]),
            ("\u{1B}[1;5Cn", [.next, .next]), ("\u{1B}", []), ("\u{1B}[", []), ("xyz!", []), ("\u{1B}[24~n", [.next]),
        ] as [(String, [TraceScreen.Move])])
    func decoded(_ typed: String, _ moves: [TraceScreen.Move]) {
        #expect(TraceScreen.moves(Array(typed.utf8)) == moves)
    }

    @Test("the screen never has more lines than the terminal, and shows the step and the state after it", arguments: [1, 5, 16, 24, 50])
    func fits(_ height: Int) {
        var screen = TraceScreen(Sample.lostWakeup)
        for place in 0...11 {
            let lines = screen.lines(TextLayout(width: 80), height: height)
            #expect(lines.count <= height)
            #expect(lines.allSatisfy { $0.count <= 80 })
            if height >= 24 {
                #expect(lines.contains { $0.contains("step \(place) of 11") })
                #expect(lines.contains { $0.contains("NV=") })
                if place > 0 { #expect(lines.contains { $0.hasPrefix(place < 10 ? "  \(place) " : " \(place) ") }, "step \(place)") }
            }
            _ = screen.follow(.next)
        }
    }

    @Test("the steps that are still to come are not shown, and what is wrong only at the end")
    func future() {
        var screen = TraceScreen(Sample.lostWakeup)
        for _ in 0..<9 { _ = screen.follow(.next) }
        let before = screen.lines(TextLayout(width: 80), height: 50).joined(separator: "\n")
        #expect(before.contains("play_dead()") && !before.contains("SENDUIPI") && !before.contains("nothing can wake"))
        #expect(before.contains("in flight   none"))
        _ = screen.follow(.next)
        #expect(screen.lines(TextLayout(width: 80), height: 50).joined().contains("wait vector to CPU 1"))
        _ = screen.follow(.next)
        #expect(screen.lines(TextLayout(width: 80), height: 50).joined(separator: " ").contains("nothing can wake"))
    }
}
