/// A search of a model's states for paths that break its properties.
///
/// ```swift
/// let result = try Search(model).run()
/// ```
public struct Search<M: Model>: Sendable {
    public let model: M
    public var options: SearchOptions

    public init(_ model: M, options: SearchOptions = SearchOptions()) {
        self.model = model
        self.options = options
    }

    /// - Parameter progress: called about every `progressInterval` seconds.
    @inlinable
    public func run(progress: (Progress) -> Void = { _ in }) throws(SearchError) -> SearchResult<M.State> {
        try checkModel()
        for reduction in [Reductions.partialOrder, .chains] where options.reductions.contains(reduction) {
            throw .nothingDeclared(reduction: reduction == .chains ? ".chains" : ".partialOrder")
        }
        return options.reductions.contains(.canonical)
            ? try search(with: CanonicalSteps(model: model), progress)
            : try search(with: EveryStep(model: model), progress)
    }

    @inlinable
    func search<E: Expander>(with expander: E, _ progress: (Progress) -> Void) throws(SearchError) -> SearchResult<M.State>
    where E.M == M {
        var search = try BreadthFirst(expander, options)
        let findings = search.run(progress: progress)
        var result = search.result
        for finding in findings.list {
            let numbers = search.store.numbers(to: finding.number)
            let path = try expander.path(
                along: numbers.count, isStored: { place, state in search.store.holds(numbers[place], state) },
                lastStepBreaks: finding.byStep ? finding.properties : 0)
            for place in 0..<32 where finding.properties & 1 << PropertySet(place) != 0 {
                result.violations.append(Violation(property: place, path: path))
            }
        }
        result.violations.sort { $0.property < $1.property }
        result.undecided = result.isComplete ? 0 : findings.open
        return result
    }

    @usableFromInline
    func checkModel() throws(SearchError) {
        let size = MemoryLayout<M.State>.size
        guard size == 8 * M.State.wordCount, size == MemoryLayout<M.State>.stride, size > 0 else {
            throw .stateNotPacked(size: size, words: M.State.wordCount)
        }
        guard !model.initialStates.isEmpty else { throw .noInitialState }
        guard model.properties.count <= 32 else { throw .tooManyProperties(model.properties.count) }
    }
}
