/// One round of the hash: the 128-bit product of two words, folded. Its high bits choose a line of the visited set, its low
/// byte is the tag there.
@inlinable @inline(__always)
func foldedProduct(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low
}

/// The hash of `wordCount` words, 64 bits.
///
/// The multipliers are odd numbers with about as many ones as zeros (digits of pi's fraction). A second round at the end makes
/// every bit of the result depend on every bit of the last word: a fingerprint needs that.
@inlinable @inline(__always)
func hash(of words: UnsafePointer<UInt64>, wordCount: Int) -> UInt64 {
    var value: UInt64 = 0x243f_6a88_85a3_08d3
    for index in 0..<wordCount {
        value = foldedProduct(value ^ words[index], 0x9e37_79b9_7f4a_7c15)
    }
    return foldedProduct(value ^ 0x1319_8a2e_0370_7344, 0xa409_3822_299f_31d1)
}

/// A seeded source of pseudo-random words (SplitMix64, Steele et al. 2014): the same seed gives the same run on every machine.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    @usableFromInline var state: UInt64
    @inlinable public init(seed: UInt64) { state = seed }
    @inlinable public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
