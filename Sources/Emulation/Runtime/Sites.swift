#if !hasFeature(Embedded)
internal import Architecture
#endif
internal import CEmulationRuntime

typealias Site = UnsafeMutablePointer<runtime_site>
typealias Sites = UnsafeMutablePointer<runtime_sites>

extension UnsafeMutablePointer<runtime_site> {
    var decoded: Decoded {
        var bytes = InstructionBytes()
        for index in 0..<UInt64(pointee.length) {
            bytes.append(UInt8(truncatingIfNeeded: pointee.bytes &>> (index &* 8)))
        }
        return Decoded(bytes)
    }
}

/// The patched instruction at an address. It takes no lock: entries come and stay.
@_cdecl("runtime_find_site") func findSite(_ address: UInt64) -> Site? {
    guard let sites = runtime_sites else { return nil }
    return sites.search(address) { site in runtime_load(site) == address }
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
