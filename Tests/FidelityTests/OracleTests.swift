import Cases
import Conformance
import Fidelity
import Lab
import Testing

/// What stands between this machine and a run; nil where nothing does. Also a sentence on the console: a skip is loud.
private let obstacle: String? = {
    do throws(LabError) {
        _ = try Installation.require(recipe: Recipe.find(), cache: LabCache())
        return nil
    } catch {
        return error.description
    }
}()

@Suite(
    "Bochs as the second opinion", .serialized,
    .enabled(if: obstacle == nil, "SKIPPED: Bochs is not built here; run: uintr lab setup"))
struct OracleTests {
    private func oracle() async throws -> Oracle {
        let recipe = try Recipe.find()
        let project = recipe.folder.lexicallyNormalized().removingLastComponent()
        return Oracle(
            image: try await BareMetalBuild.make(project: project), installation: try Installation.require(recipe: recipe, cache: LabCache()))
    }

    @Test("cases agree step by step, and a wrong expectation is a disagreement with both sides in it")
    func cases() async throws {
        var wrong = try #require(Case.all.first { $0.id.hasPrefix("stui.") })
        wrong.id = "a.wrong-case"
        wrong.steps += [.expect(.uirr, 0x1234)]
        let cases = Case.all.filter { $0.id.hasPrefix("testui.") } + [wrong]
        let check = try await LabCheck.run(cases, on: try await oracle())
        #expect(check.comparisons.dropLast().allSatisfy { $0.outcome == .agrees })
        #expect(check.comparisons.last?.core != .passed)
        #expect(check.comparisons.last?.machine != .passed)
        #expect(check.exitStatus == 0, "both found the same, so that the case is wrong and not one of the two")
    }

    @Test("the same seed says the same twice, and leaves nothing unexplained")
    func fuzz() async throws {
        let oracle = try await oracle()
        let first = try await FuzzRun.run(seed: 5, count: 60, on: oracle, jobs: 1)
        let second = try await FuzzRun.run(seed: 5, count: 60, on: oracle, jobs: 2)
        #expect(first.record == second.record)
        #expect(first.agreeing > 45)
        #expect(first.unexplained.map(\.ids).isEmpty)
    }
}
