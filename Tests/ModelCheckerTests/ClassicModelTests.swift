import ModelChecker
import Testing

@Suite("Known models")
struct ClassicModelTests {
    func compare<M: ProcessModel>(_ model: M, reductions: Reductions) throws -> (full: SearchResult<M.State>, reduced: SearchResult<M.State>) {
        var search = Search(model)
        let full = try search.run()
        search.options.reductions = reductions
        let reduced = try search.run()
        #expect(full.isComplete && reduced.isComplete)
        #expect(full.violations.map(\.property) == reduced.violations.map(\.property))
        let kinds: [Property.Kind] = [.invariant, .ending]
        for violation in reduced.violations where kinds.contains(model.properties[violation.property].kind) {
            #expect(try model.replay(violation.path).broken & 1 << PropertySet(violation.property) != 0)
        }
        return (full, reduced)
    }

    @Test("Peterson's algorithm keeps the two apart, and does not when a process yields before it announces itself")
    func peterson() throws {
        let (full, reduced) = try compare(Peterson(), reductions: [])
        #expect(full.states == 20 && reduced.states == 20 && full.violations.map(\.property) == [1])
        var search = Search(Peterson())
        search.options.goal = 1
        #expect(try search.run().violations.isEmpty)
        search = Search(Peterson(yieldsFirst: true))
        search.options.goal = 1
        let wrong = try search.run()
        let path = try #require(wrong.violation(of: 0)?.path)
        #expect(path.steps.count == 6)
        search.options.reductions = [.partialOrder, .chains]
        #expect(try search.run().violation(of: 0) != nil)
    }

    @Test("a ticket lock keeps its processes apart; torn, it does not", arguments: 2...4)
    func ticketLock(count: Int) throws {
        let (full, reduced) = try compare(TicketLock(count: count), reductions: .all)
        #expect(full.violations.isEmpty && full.endings > 0)
        #expect(reduced.states * 3 < full.states)
        let (torn, _) = try compare(TicketLock(count: count, isTorn: true), reductions: .all)
        #expect(torn.violation(of: 0) != nil)
    }

    @Test("a bounded buffer's critical section is passed through without storing a state inside")
    func boundedBuffer() throws {
        let model = BoundedBuffer(producers: 3, items: 2, room: 2)
        let (full, reduced) = try compare(model, reductions: [.partialOrder, .chains])
        #expect(full.violations.isEmpty && full.endings == 1 && reduced.endings == 1)
        #expect(reduced.states * 3 <= full.states)
        let (_, sorted) = try compare(model, reductions: .all)
        #expect(sorted.states * 2 < reduced.states)
    }

    @Test("declarations that hold are confirmed")
    func confirmed() throws {
        func check<M: ProcessModel>(_ model: M) throws {
            var search = Search(model)
            search.options.reductions = .checkDeclarations
            #expect(try search.run().coverage.contains("the declarations hold"))
        }
        try check(Peterson())
        try check(TicketLock(count: 3))
        try check(TicketLock(count: 3, isTorn: true))
        try check(BoundedBuffer(producers: 2, items: 2, room: 2))
    }

    @Test("a wrong declaration is caught", arguments: BoundedBuffer.Mistake.allCases)
    func caught(mistake: BoundedBuffer.Mistake) throws {
        var search = Search(BoundedBuffer(producers: 2, items: 2, room: 2, mistake: mistake))
        search.options.reductions = .checkDeclarations
        do throws(SearchError) {
            _ = try search.run()
            Issue.record("\(mistake) is not caught")
        } catch {
            guard case .wrongDeclaration = error else {
                Issue.record("\(mistake): \(error)")
                return
            }
        }
    }

    struct Lopsided: Model {
        var initialStates: [Word] { [Word(1)] }
        var properties: [Property] { [] }
        func steps<Sink: StepSink<Word>>(from state: Word, into sink: inout Sink) {
            if state.bits == 1 { for next in 2...3 { sink.add(Word(UInt64(next)), step: StepID(next), breaks: 0) } }
            if state.bits == 3 { sink.add(Word(4), step: 4, breaks: 0) }
        }
        func canonical(_ state: Word) -> Word { state.bits == 3 ? Word(2) : state }
        func name(of step: StepID, in state: Word) -> String { "" }
    }

    @Test("a canonical form that loses steps is caught")
    func canonical() throws {
        var search = Search(Lopsided())
        search.options.reductions = .checkDeclarations
        #expect(throws: SearchError.wrongDeclaration("the canonical form has other steps (state 0x3)")) { try search.run() }
    }

    @Test("a model that is not split into processes cannot be reduced, and the error says so")
    func notDeclared() throws {
        var search = Search(Grid(axes: 2, side: 3))
        search.options.reductions = .partialOrder
        #expect(throws: SearchError.notDeclared("the reduction .partialOrder (ProcessModel)")) { try search.run() }
    }
}
