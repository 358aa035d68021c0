/// Why a search cannot be run, or its result not be trusted.
public enum SearchError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The addresses for the visited set are refused.
    case cannotReserve(bytes: Int, errno: Int32)
    /// The state has padding or another size than its words.
    case stateNotPacked(size: Int, words: Int)
    case noInitialState
    case tooManyProperties(Int)
    /// A path that the search found cannot be taken in the model: `canonical` does not keep the steps.
    case pathNotReproduced(step: Int)
    /// Something is asked for that this model declares nothing for.
    case notDeclared(String)
    /// Depth first, a state is needed again after it was stored.
    case fingerprintsDepthFirst
    /// A check of declarations looks at visited states.
    case checkNeedsStates
    /// A declaration is wrong.
    case wrongDeclaration(String)

    public var description: String {
        switch self {
        case .cannotReserve(let bytes, let errno):
            "cannot reserve \(bytes >> 20) MiB of addresses (errno \(errno)): raise `ulimit -v`, or set a smaller memory limit"
        case .stateNotPacked(let size, let words):
            "the model's state takes \(size) bytes but declares \(words) words of 8: make it a struct of UInt64 fields only"
        case .noInitialState: "the model has no initial state: give it one"
        case .tooManyProperties(let count): "the model has \(count) properties, at most 32 are possible: split it"
        case .pathNotReproduced(let step):
            "step \(step) of a path that was found cannot be taken in the model: `canonical` does not keep its steps;"
                + " run with .checkDeclarations to see the state where it fails"
        case .notDeclared(let what):
            "\(what) needs a model that declares it: leave it out, or declare it"
        case .fingerprintsDepthFirst: "fingerprints serve breadth-first search only: choose .breadthFirst, or leave them out"
        case .checkNeedsStates: ".checkDeclarations works with .breadthFirst and without fingerprints: choose these"
        case .wrongDeclaration(let what): "a declaration of the model is wrong: \(what)"
        }
    }
}
