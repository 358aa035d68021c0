internal import CEmulationLibrary
internal import CEmulationRuntime

typealias Site = UnsafeMutablePointer<runtime_site>
typealias Sites = UnsafeMutablePointer<runtime_sites>

extension Decoded {
    /// Up to 8 bytes, the first in the lowest.
    init(_ bytes: UInt64, length: UInt8) {
        var text = InstructionBytes()
        for index in 0..<UInt64(length) { text.append(UInt8(truncatingIfNeeded: bytes &>> (index &* 8))) }
        self.init(text)
    }
}

extension UnsafeMutablePointer<runtime_site> {
    var decoded: Decoded { Decoded(pointee.bytes, length: UInt8(truncatingIfNeeded: pointee.length)) }

    /// What stands there is INT3 or JMP, and behind it bytes of the instruction or of the jump's displacement: both, while the one
    /// is written over the other.
    var isInPlace: Bool {
        let displacement = pointee.stub &- (pointee.address &+ 5)
        var byte: UInt8 = 0
        guard runtime_user_byte(pointee.address, &byte), byte == 0xCC || byte == 0xE9 else { return false }
        for index in 1..<UInt64(pointee.length) {
            guard runtime_user_byte(pointee.address &+ index, &byte) else { return false }
            if byte == UInt8(truncatingIfNeeded: pointee.bytes &>> (index &* 8)) { continue }
            guard pointee.stub != 0, index < 5, byte == UInt8(truncatingIfNeeded: displacement &>> ((index &- 1) &* 8)) else {
                return false
            }
        }
        return true
    }
}

/// The patched instruction at an address. It takes no lock: entries come and stay.
func findSite(_ address: UInt64) -> Site? {
    guard let sites = runtime_sites else { return nil }
    return sites.search(address) { site in runtime_load(site) == address }
}

/// The same, as long as its patch stands there: the program may have put other code at the address.
@_cdecl("runtime_patched_site") func patchedSite(_ address: UInt64) -> Site? {
    guard let site = findSite(address), site.isInPlace else { return nil }
    return site
}

/// The site whose stub `address` lies in.
@_cdecl("runtime_stub_site") func siteOfStub(at address: UInt64) -> Site? {
    siteOfCopy(at: address & ~(UInt64(RUNTIME_STUB_SIZE) &- 1) &+ 8)
}

/// The site whose copy in a stub is at `address`: the pointer stands 8 bytes behind it.
func siteOfCopy(at address: UInt64) -> Site? {
    guard let sites = runtime_sites else { return nil }
    let pages = sites.pointee.pages
    for place in 0..<pages where address &- runtime_stub_page(sites, place) < 4096 {
        var pointer: UInt64 = 0
        guard runtime_user_load(address &+ 8, &pointer) else { return nil }
        return Site(bitPattern: UInt(truncatingIfNeeded: pointer))
    }
    return nil
}

extension UnsafeMutablePointer<runtime_sites> {
    /// From the place that the address hashes to, the first entry that `matches`; nil at a free one.
    fileprivate func search(_ address: UInt64, _ matches: (Site) -> Bool) -> Site? {
        var place = address &* 0x9E37_79B9_7F4A_7C15 &>> 52
        for _ in 0..<64 {
            guard let site = runtime_site_at(self, place) else { return nil }
            if matches(site) { return site }
            if runtime_load(site) == 0 { return nil }
            place &+= 1
        }
        return nil
    }

    /// A new entry, not yet to be found: `publish` it. Nil where the table is crowded; such a site goes on trapping.
    func newSite(_ address: UInt64) -> Site? { search(address) { site in runtime_load(site) == 0 } }
}
