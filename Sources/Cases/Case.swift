import Architecture

/// Where a case can run, each level being able to run the ones above it only on the core.
public enum Level: String, Equatable, Hashable, Sendable, CaseIterable {
    /// The core only: it sets what no software can, or separates what a machine does not.
    case core
    /// Also on bare metal at CPL 0, with no kernel in between.
    case cpl0
    /// Also in a process at CPL 3, with a kernel that has registered the thread; on bare metal too.
    case cpl3
}

/// A conformance case: one claim, and the steps that show it.
public struct Case: Equatable, Sendable {
    /// Unique; words joined by hyphens after the topic and a dot: `senduipi.index-above-uittsz`.
    public var id: String
    /// One sentence: what must hold.
    public var claim: String
    /// The section of the SDM, or the message of the thread.
    public var source: String
    /// Ids of the thread's claims that this case settles or bears on: `S-8`.
    public var ids: [String]
    public var level: Level
    /// How many processors, 1–4.
    public var processors: Int
    public var features: CaseFeatures
    public var steps: [Step]

    public init(
        _ id: String, _ claim: String, source: String, ids: [String] = [], level: Level = .cpl0, processors: Int = 1,
        features: CaseFeatures = CaseFeatures(), steps: [Step]
    ) {
        self.id = id
        self.claim = claim
        self.source = source
        self.ids = ids
        self.level = level
        self.processors = processors
        self.features = features
        self.steps = steps
    }
}

/// What the processor of a case enumerates.
public struct CaseFeatures: Equatable, Hashable, Sendable {
    /// CPUID.(7,0):EDX[5].
    public var uintr = true
    /// CPUID.(7,1):EDX[17]. nil: whichever the machine has; the case holds with both.
    public var flexibleUIRET: Bool?
    /// 57 or 48. nil: whichever the machine has.
    public var linearAddressWidth: Int?
    /// Whether the processor tracks the initial configuration of component 14. nil: whichever; the case holds with both.
    public var tracksInitialConfiguration: Bool?

    public init(
        uintr: Bool = true, flexibleUIRET: Bool? = nil, linearAddressWidth: Int? = nil,
        tracksInitialConfiguration: Bool? = nil
    ) {
        self.uintr = uintr
        self.flexibleUIRET = flexibleUIRET
        self.linearAddressWidth = linearAddressWidth
        self.tracksInitialConfiguration = tracksInitialConfiguration
    }

    /// Every processor that the features allow: where one is left open, both.
    public var processors: [Features] {
        var all: [Features] = []
        for flexible in flexibleUIRET.map({ [$0] }) ?? [true, false] {
            for tracks in tracksInitialConfiguration.map({ [$0] }) ?? [true, false] {
                for width in linearAddressWidth.map({ [$0] }) ?? [57, 48] {
                    all.append(
                        Features(
                            uintr: uintr, flexibleUIRET: flexible,
                            linearAddressWidth: width == 48 ? .bits48 : .bits57,
                            tracksInitialConfiguration: tracks))
                }
            }
        }
        return all
    }
}

// A machine without an operating system reads the binary form instead (`Binary.swift`).
#if !hasFeature(Embedded)
extension Level: Codable {}
extension CaseFeatures: Codable {}

extension Case: Codable {
    private enum Key: String, CodingKey { case id, claim, source, ids, level, processors, features, steps }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let words = try container.decode([[String]].self, forKey: .steps)
        let steps = try words.map { words in
            guard let step = Step(words: words) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .steps, in: container, debugDescription: "no step reads \(words.joined(separator: " "))")
            }
            return step
        }
        self.init(
            try container.decode(String.self, forKey: .id), try container.decode(String.self, forKey: .claim),
            source: try container.decode(String.self, forKey: .source),
            ids: try container.decode([String].self, forKey: .ids),
            level: try container.decode(Level.self, forKey: .level),
            processors: try container.decode(Int.self, forKey: .processors),
            features: try container.decode(CaseFeatures.self, forKey: .features), steps: steps)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(id, forKey: .id)
        try container.encode(claim, forKey: .claim)
        try container.encode(source, forKey: .source)
        try container.encode(ids, forKey: .ids)
        try container.encode(level, forKey: .level)
        try container.encode(processors, forKey: .processors)
        try container.encode(features, forKey: .features)
        try container.encode(steps.map(\.words), forKey: .steps)
    }
}
#endif
