let a = CommandLine.arguments.dropFirst().map { Int($0) ?? 0 }
func run<S: WaitState>(_: S.Type) {
    let model = WaitModel<S>(senders: a[1], messages: a[2], preemptions: a[3], mutant: a.count > 4 ? a[4] : 0)
    let r = NaiveSearch(model)
    print(r.seen.count, r.transitions, r.endings.count, r.endings.filter { model.brokenByEnding(in: $0) != 0 }.count)
}
if a[0] == 2 { run(NarrowState.self) } else { run(WideState.self) }
