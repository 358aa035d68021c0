/// How large a model is: the -D of the Promela files.
struct Sizes: CustomStringConvertible {
    /// CPUs that the receiver may run on, 2–3.
    var cpus: Int
    /// 1–2 with two CPUs, 1–3 with three.
    var senders: Int
    /// Of each sender, 1–3.
    var messages: Int
    /// 0–3.
    var preemptions: Int

    var description: String {
        "\(cpus) CPUs, \(senders) senders × \(messages) messages, \(preemptions) preemptions"
    }

    /// By name: about 1, 8 and more than 75 million states without reduction.
    static let named: [(name: String, sizes: Sizes)] = [
        ("small", Sizes(cpus: 2, senders: 2, messages: 1, preemptions: 2)),
        ("medium", Sizes(cpus: 3, senders: 2, messages: 2, preemptions: 0)),
        ("large", Sizes(cpus: 2, senders: 2, messages: 2, preemptions: 3)),
    ]

    /// For what is broken on purpose.
    static let ofMutants = Sizes(cpus: 2, senders: 2, messages: 1, preemptions: 1)
    /// For the declarations, in every state of every mutant.
    static let ofChecks = Sizes(cpus: 2, senders: 2, messages: 1, preemptions: 0)
    static let mutants = 0...7
}
