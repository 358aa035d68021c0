import SystemPackage

/// What the lab needs, whether it is there, and what mends it.
public struct Diagnosis: Sendable, Equatable {
    public struct Item: Sendable, Equatable {
        public var name: String
        /// What was found; `nil` if it is missing.
        public var found: String?
        /// The command that mends it.
        public var remedy: String
        /// Whether `uintr lab check` can do without it.
        public var isOptional: Bool

        public init(name: String, found: String?, remedy: String, isOptional: Bool = false) {
            self.name = name
            self.found = found
            self.remedy = remedy
            self.isOptional = isOptional
        }
    }

    public var items: [Item]

    public init(items: [Item]) { self.items = items }

    /// Nothing is missing that a run needs.
    public var isReady: Bool { items.allSatisfy { $0.found != nil || $0.isOptional } }

    /// Looks at this system; changes nothing.
    public init(recipe: Recipe, cache: LabCache) {
        let installation = cache.installation(of: recipe)
        let built = installation.has(.optimised)
        items = Setup.buildTools.map { tool, package in
            // Once Bochs is built, its build tools are needed no more.
            Item(
                name: tool, found: Files.tool(tool)?.string,
                remedy: "apt-get install --no-install-recommends \(package)", isOptional: built)
        }
        for role in PinnedArchive.Role.allCases {
            let archive = recipe.pins[role]
            let file = cache.downloads.appending(archive.name)
            let right = Files.exists(file) && (try? Archives.check(file, against: archive, next: "")) != nil
            items.append(
                Item(
                    name: archive.name, found: right ? file.string : nil,
                    remedy: Files.exists(file) ? "rm \(file); uintr lab setup" : "uintr lab setup", isOptional: built))
        }
        items.append(
            Item(
                name: "Bochs 3.0 with \(recipe.patches.count) patches", found: built ? installation.executable(.optimised).string : nil,
                remedy: "uintr lab setup"))
        items.append(
            Item(
                name: "Bochs that obeys quantum",
                found: installation.has(.debugger) ? installation.executable(.debugger).string : nil,
                remedy: "uintr lab setup --debugger", isOptional: true))
        items.append(
            Item(
                name: "QEMU, a machine without UINTR", found: QEMUMachine.executable?.string,
                remedy: "apt-get install --no-install-recommends qemu-system-x86 seabios", isOptional: true))
    }

    /// A line an item: a mark, the name, what was found or the command that mends it.
    public var text: String {
        let width = items.map(\.name.count).max() ?? 0
        return items.map { item in
            let name = item.name + String(repeating: " ", count: width - item.name.count)
            guard let found = item.found else {
                return "\(item.isOptional ? "optional" : "MISSING ")  \(name)  \(item.remedy)\n"
            }
            return "ok        \(name)  \(found)\n"
        }.joined()
    }
}
