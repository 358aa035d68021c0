public import Verdicts

/// What `uintr explore --shards` writes: the jobs as lines of a shell, and the script that hands them to Slurm.
public struct SwarmFiles: Sendable {
    private let swarm: Swarm

    public init(_ swarm: Swarm) { self.swarm = swarm }

    /// `0001.json`: the file of job `number`, from 1.
    private func result(_ number: Int) -> String {
        let width = max(String(swarm.jobs.count).count, 4)
        let digits = String(number)
        return "results/" + String(repeating: "0", count: width - digits.count) + digits + ".json"
    }

    /// One command a line, for `parallel < jobs.txt`, and for `sed -n Np`. They are run in the folder where the file is. A job
    /// whose result is there searches nothing.
    public var jobs: String {
        swarm.jobs.enumerated().map { index, job in
            let words = ["explore"] + job.question.arguments + job.search.arguments + ["--result", result(index + 1)]
            return "\"${UINTR:-uintr}\" " + words.map(shellQuoted).joined(separator: " ") + "\n"
        }.joined()
    }

    /// Slurm's MaxArraySize is 1001 unless a site says otherwise: no task may have a greater number than 1000.
    private static let mostTasks = 1000

    /// A Slurm job array. A task takes one line of jobs.txt, or where there are more than 1000, every thousandth. A violation and an
    /// incomplete search are results, and fail no task.
    public var slurm: String {
        let threads = swarm.jobs.compactMap(\.search.threads).max() ?? 1
        let memory = swarm.jobs.compactMap(\.search.memory).max().map { "#SBATCH --mem=\(($0 + $0 / 8) >> 20 + 64)M\n" } ?? ""
        let tasks = min(swarm.jobs.count, Self.mostTasks)
        return """
            #!/bin/sh
            #SBATCH --job-name=uintr-explore
            #SBATCH --array=1-\(tasks)
            #SBATCH --cpus-per-task=\(threads)
            \(memory)#SBATCH --output=logs/%a.txt
            # Written by uintr explore --shards \(swarm.jobs.count), seed \(swarm.seed). Submit it from the folder where it is: sbatch jobs.sbatch
            # UINTR names the uintr to run, where it is not on PATH. Submitted again, it runs only jobs that have no result.
            cd "${SLURM_SUBMIT_DIR:-.}" || exit 1
            number=$SLURM_ARRAY_TASK_ID
            [ "$number" -le \(swarm.jobs.count) ] || { echo "jobs.txt has no line $number" >&2; exit 1; }
            status=0
            while [ "$number" -le \(swarm.jobs.count) ]; do
                eval "$(sed -n "${number}p" jobs.txt)" || status=1
                number=$((number + \(tasks)))
            done
            exit $status

            """
    }

    /// What to do with them, for a reader. `folder` is where they were written.
    public func text(in folder: String, _ layout: TextLayout) -> String {
        let questions = Set(swarm.jobs.map(\.question)).count
        var lines = layout.wrapped("\(count(swarm.jobs.count, "job")) for \(count(questions, "question with its own bounds", plural: "questions, each with its own bounds")), seed \(swarm.seed).")
        let place = shellQuoted(folder)
        lines += layout.entry("next", "cd \(place) && parallel < jobs.txt")
        lines += layout.entry("or", "cd \(place) && sbatch jobs.sbatch")
        lines += layout.entry("then", "uintr merge \(place)")
        lines += layout.wrapped("Either can be interrupted, and given again: a job whose result is there is not repeated.")
        if swarm.jobs.contains(where: { $0.search.memory == nil }) {
            lines += layout.wrapped("Each job takes what memory it likes. Give --memory, so that those that run at once fit the machine.", style: .yellow)
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

func count(_ number: Int, _ one: String, plural: String) -> String { number == 1 ? "1 \(one)" : "\(grouped(number)) \(plural)" }
