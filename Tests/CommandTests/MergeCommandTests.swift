import Foundation
import Testing
import Verdicts

@Suite("uintr merge, and the jobs of uintr explore --shards")
struct MergeCommandTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func explore(_ arguments: String, _ name: String) async throws -> String {
        let outcome = try await Command.shell("uintr explore \(arguments) --format json")
        return try scratch.write(outcome.output, name)
    }

    @Test("the results of several runs become one array, and the status is that of all")
    func joins() async throws {
        let holds = try await explore("--design fault --scenario hotplug", "1.json")
        let other = try await explore("--design fault --scenario hotplug --bounds senders=2", "2.json")
        let violated = try await explore("--design rfc-v1 --scenario hotplug", "3.json")
        let good = try await Command.run("merge", holds, other, "--format", "json")
        #expect(try good.status == 0 && good.rows().count == 2 && good.error.isEmpty)
        let all = try await Command.run("merge", holds, other, violated, "--format", "json")
        #expect(try all.status == 1 && all.rows().map { $0["design"] as? String } == ["fault", "fault", "rfc-v1"])
        let text = try await Command.run("merge", holds, other, violated)
        #expect(text.output.contains("VIOLATED  rfc-v1, scenario hotplug: lost-wakeup") && text.output.contains("3 runs of 3 questions"))
        #expect(try await Command.run("merge", violated, "--format", "html").output.hasPrefix("<!DOCTYPE html>"))
        #expect(try await Command.run("merge", holds, violated, "--format", "markdown").output.contains("## What was covered"))
    }

    @Test("a file that is empty, cut off or not there is named, the others are merged, and the result is incomplete: exit 4")
    func unusable() async throws {
        let holds = try await explore("--design fault", "1.json")
        let empty = try scratch.write("", "2.json")
        let cut = try scratch.write(String(try scratch.read("1.json").dropLast(9)), "3.json")
        let outcome = try await Command.run("merge", holds, empty, cut, scratch.file("missing.json"))
        #expect(outcome.status == 4)
        #expect(outcome.error.contains("2.json: is empty") && outcome.error.contains("3.json: is not JSON, or is cut off"))
        #expect(outcome.error.contains("missing.json: cannot be read: No such file or directory") && outcome.output.contains("1 run of 1 question"))
        #expect(try await Command.shell("uintr merge").status == 64)
    }

    @Test("two runs that contradict each other are named: exit 1")
    func disagreement() async throws {
        let violated = try await explore("--design rfc-v1 --scenario hotplug", "1.json")
        let text = try scratch.read("1.json").replacing("\"verdict\": \"violated\"", with: "\"verdict\": \"holds\"")
        let forged = try scratch.write(text, "2.json")
        let outcome = try await Command.run("merge", violated, forged)
        let words = outcome.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(outcome.status == 1 && words.contains("DISAGREE") && words.contains("2.json says that it holds within the same bounds"))
    }

    @Test("the jobs of --shards run, each on its own, and their results merge")
    func shards() async throws {
        let folder = scratch.file("the jobs")
        let written = try await Command.run(
            "explore", "--design", "rfc-v1", "--scenario", "hotplug", "--bounds", "senders=2", "--shards", "12", "--output", folder, "--seed", "11",
            "--memory", "256M")
        #expect(written.status == 0 && written.output.contains("12 jobs") && written.error.isEmpty)
        let again = try await Command.run(
            "explore", "--design", "rfc-v1", "--scenario", "hotplug", "--bounds", "senders=2", "--shards", "12", "--output", folder + "2", "--seed", "11",
            "--memory", "256M")
        #expect(again.status == 0)
        #expect(try scratch.read("the jobs/jobs.txt") == scratch.read("the jobs2/jobs.txt"))
        // What GNU parallel and the job array do, one after the other.
        let run = try await Command.shell(
            "cd '\(folder)'; export UINTR=\"$UINTR_EXECUTABLE\"; while IFS= read -r line; do bash -c \"$line\"; done < jobs.txt; sh -n jobs.sbatch && ls results | wc -l")
        #expect(run.output == "12\n" && run.error.isEmpty, "\(run.error)")
        let merged = try await Command.shell("uintr merge '\(folder)'")
        #expect(merged.status == 1 && merged.output.contains("12 runs of ") && merged.error.isEmpty, "\(merged.error)")
        let array = try await Command.shell(
            "cd '\(folder)'; rm results/*; export UINTR=\"$UINTR_EXECUTABLE\" SLURM_SUBMIT_DIR=.; SLURM_ARRAY_TASK_ID=2 sh jobs.sbatch; echo $?; ls results; SLURM_ARRAY_TASK_ID=13 sh jobs.sbatch; echo $?")
        #expect(array.output == "0\n0002.json\n1\n" && array.error.contains("no line 13"))
    }

    @Test("a job's result is there whole or not at all, exit 0 whatever the verdict; one that is there is not searched for again")
    func result() async throws {
        let file = scratch.file("r.json")
        let line = "uintr explore --design rfc-v1 --scenario hotplug --result '\(file)'"
        let first = try await Command.shell(line)
        #expect(first.status == 0 && first.output.isEmpty && first.error.isEmpty)
        let text = try scratch.read("r.json")
        #expect(text.contains("\"verdict\": \"violated\""))
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["r.json"])
        // Seconds that no search writes: they stay, unless it searches.
        let marked = text.replacing(try Regex(#""seconds": [0-9.e-]+"#), with: "\"seconds\": 12345.0")
        _ = try scratch.write(marked, "r.json")
        #expect(try await Command.shell(line).status == 0)
        #expect(try scratch.read("r.json") == marked)
        #expect(try await Command.shell(line + " --bounds senders=2").status == 0)
        #expect(try scratch.read("r.json") != marked)
        _ = try scratch.write(String(text.dropLast(20)), "r.json")
        #expect(try await Command.shell(line).status == 0)
        #expect(try AnswerRecord.read(Array(try scratch.read("r.json").utf8)).count == 1)
        #expect(try await Command.shell(line + " --format json").status == 64)
    }

    @Test("a job that was killed leaves no result, and merge names it and those that have not begun: exit 4")
    func killed() async throws {
        let folder = scratch.file("jobs")
        let written = try await Command.run(
            "explore", "--design", "fault", "--shards", "3", "--output", folder, "--seed", "1", "--bounds", "senders=3,messages=2,preemptions=2")
        #expect(written.status == 0)
        // The first job's search lasts far longer than it takes to see that it has begun.
        let killed = try await Command.shell(
            "cd '\(folder)'; \"$UINTR_EXECUTABLE\" explore --design fault --bounds cpus=3,senders=3,messages=3,preemptions=3,offline=3 --memory 1G --result results/0001.json & until [ -e results/0001.json.begun ]; do :; done; kill -9 $!; wait $! 2>/dev/null; ls results"
        )
        #expect(killed.output == "0001.json.begun\n")
        let merged = try await Command.run("merge", folder)
        #expect(merged.status == 4 && merged.output.contains("Job 1 has begun and not ended") && merged.output.contains("Jobs 2-3 have not begun."))
    }

    @Test("a folder with other jobs is not written over, the same jobs again are; a folder without jobs is said to be none")
    func folders() async throws {
        let folder = scratch.file("jobs")
        func write(_ seed: String) async throws -> Command.Outcome {
            try await Command.run("explore", "--design", "fault", "--shards", "3", "--output", folder, "--seed", seed)
        }
        #expect(try await write("1").status == 0)
        #expect(try await write("1").status == 0)
        let other = try await write("2")
        #expect(other.status == 64 && other.error.contains("holds other jobs"))
        let none = try await Command.run("merge", scratch.path)
        #expect(none.status == 4 && none.error.contains("jobs.txt: cannot be read"))
    }

    @Test("a search that its memory limit ends is incomplete, and its job has done what it could: exit 0")
    func memory() async throws {
        let file = scratch.file("r.json")
        let job = try await Command.shell(
            "uintr explore --design vector --bounds cpus=3,senders=3,messages=2,preemptions=2,offline=1 --memory 4M --result '\(file)'")
        #expect(job.status == 0 && job.error.isEmpty, "\(job.error)")
        let merged = try await Command.run("merge", file)
        #expect(merged.status == 4 && merged.output.contains("1 run ended at a limit before all was searched"), "\(merged.output)")
    }
}
