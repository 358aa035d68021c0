/// A place in a source of Architecture, and what may stand there instead.
struct Site {
    /// The file's name, without folder and ending.
    var file: String
    /// What stands right before the place, where its text alone occurs more than once.
    var after: String
    /// The text of the place. With what stands before, it occurs once in the file.
    var original: String
    var form: Form
    var alternatives: [Alternative]

    enum Form {
        /// An expression: the choice is made by `? :`.
        case expression
        /// Whole statements: the choice is made by `if`.
        case statements
    }

    struct Alternative {
        /// The rule that this breaks, in a few words.
        var rule: String
        /// Empty: the statements are left out.
        var text: String

        init(_ rule: String, _ text: String) {
            self.rule = rule
            self.text = text
        }
    }

    static func expression(
        _ file: String, after: String = "", _ original: String, _ alternatives: [Alternative]
    ) -> Site {
        Site(file: file, after: after, original: original, form: .expression, alternatives: alternatives)
    }

    static func statements(
        _ file: String, after: String = "", _ original: String, _ alternatives: [Alternative]
    ) -> Site {
        Site(file: file, after: after, original: original, form: .statements, alternatives: alternatives)
    }
}

/// One mutant: an alternative of a site, with the number that selects it.
struct Mutant {
    var number: Int
    var site: Site
    var alternative: Site.Alternative

    /// All mutants, numbered from 1 in the order of the sites.
    static let all: [Mutant] = {
        var mutants: [Mutant] = []
        for site in Site.all {
            for alternative in site.alternatives {
                mutants.append(Mutant(number: mutants.count + 1, site: site, alternative: alternative))
            }
        }
        return mutants
    }()
}
