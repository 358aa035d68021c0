import Foundation
import KernelModel
import Report
import Subprocess
import SystemPackage
import Testing
import Verdicts

@Suite("The page's text")
struct PageTextTests {
    static let traces: ExploreReport = {
        var arrows = Sample.answer("mail", .delivered, .violated, trace: Sample.arrows)
        arrows.question.bounds.cpus = 3
        return ExploreReport([
            AnswerRecord(Sample.violated), AnswerRecord(arrows), AnswerRecord(Sample.answer("fault", .lostWakeup)),
            AnswerRecord(Sample.answer("fault", .delivered, .incomplete)),
        ])
    }()

    @Test("it fetches nothing: no address, no link to a style, a script or an image")
    func selfContained() {
        for html in [ExploreReport([AnswerRecord(Sample.violated)]).html, Self.traces.html] {
            for word in ["http:", "https:", "src=", "url(", "@import", "<link", "<iframe", "fetch(", "import("] { #expect(!html.contains(word), "\(word)") }
        }
    }

    @Test("no text of a trace becomes markup or ends the script")
    func escapes() {
        var answer = Sample.violated
        let evil = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&"
        answer.trace?.title = evil
        answer.trace?.conclusion = evil
        answer.trace?.steps[0].text = evil
        answer.trace?.steps[0].state[0].text = evil
        answer.coverage = evil
        for records in [[answer], [answer, Sample.answer("fault", .delivered)]] {
            let html = ExploreReport(records.map { AnswerRecord($0) }, ideas: [IdeaRow(idea: evil, verdict: evil, reason: evil)]).html
            #expect(!html.contains("<script>alert") && !html.contains("<img"))
            #expect(html.components(separatedBy: "</script>").count == 3)
        }
    }

    @Test("the matrix's cells link to traces that are there; without scripts the traces are text")
    func links() {
        let html = Self.traces.html
        #expect(html.contains("<td class=\"violated\""))
        for anchor in ["rfc-v1-lost-wakeup", "mail-delivered"] {
            #expect(html.contains("href=\"#\(anchor)\"") && html.contains("\"anchor\": \"\(anchor)\""))
        }
        #expect(html.contains("<noscript>") && html.contains("└✗ nothing answers"))
    }

    @Test("an answer without a trace makes a page without a stepper")
    func holds() {
        let html = ExploreReport([AnswerRecord(Sample.answer("fault", .lostWakeup))]).html
        #expect(html.contains("fault: lost-wakeup holds within bounds") && !html.contains("id=\"stepper\""))
    }
}

/// Chromium without a window, which runs a page together with a script that drives it.
private enum Browser {
    /// UINTR_BROWSER, or Debian's or Google's name on PATH.
    static let executable: String? = {
        let environment = ProcessInfo.processInfo.environment
        if let named = environment["UINTR_BROWSER"], !named.isEmpty { return named }
        let folders = (environment["PATH"] ?? "").split(separator: ":")
        for name in ["chromium", "chromium-browser", "google-chrome"] {
            for folder in folders where FileManager.default.isExecutableFile(atPath: "\(folder)/\(name)") { return "\(folder)/\(name)" }
        }
        return nil
    }()

    /// Runs `script` in the page, after its own, and returns what it calls `answer` with.
    ///
    /// - Parameters:
    ///   - address: What stands behind # in the page's address.
    ///   - frame: The width of a frame that the page is shown in: Chromium has no window narrower than 500.
    static func run<Value: Decodable>(
        _ html: String, at address: String = "", frame: Int? = nil, arguments: [String] = [], script: String, as type: Value.Type
    ) async throws -> Value {
        let folder = FileManager.default.temporaryDirectory.appending(path: "uintr-page-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let driver = """
            <script>
            function answer(value) { window.top.postMessage(JSON.stringify(value), "*"); }
            function press(key, more) { document.dispatchEvent(new KeyboardEvent("keydown", Object.assign({ key: key, bubbles: true, cancelable: true }, more))); }
            window.addEventListener("error", (event) => answer("error: " + event.message));
            \(script)
            </script>
            """
        // Written before all else, so that no answer is missed. The quotes keep its own text from being taken for an answer.
        let listener = """
            <script>
            window.addEventListener("message", (event) => {
              const out = document.createElement("script");
              out.type = "application/json"; out.textContent = "ANS" + "WER" + event.data + "ANS" + "WER"; document.body.append(out); });
            </script>
            """
        var page = html.replacing("</body>", with: driver + "</body>")
        if let frame {
            try Data(page.utf8).write(to: folder.appending(path: "inner.html"))
            page = "<!DOCTYPE html><head></head><body><iframe src=\"inner.html\" style=\"width:\(frame)px;height:800px;border:0\"></iframe></body>"
        }
        let file = folder.appending(path: "page.html")
        try Data(page.replacing("<head>", with: "<head>" + listener).utf8).write(to: file)
        let result = try await Subprocess.run(
            .path(FilePath(try #require(executable))),
            arguments: Arguments(
                [
                    "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--user-data-dir=\(folder.path)/profile",
                    "--window-size=1400,900", "--virtual-time-budget=5000", "--dump-dom",
                ] + arguments + ["file://\(file.path)" + (address.isEmpty ? "" : "#" + address)]),
            output: .string(limit: 8 << 20), error: .string(limit: 1 << 20))
        let parts = result.standardOutput.components(separatedBy: "ANSWER")
        try #require(parts.count == 3, "the page did not answer once: \(result.standardError.suffix(2000))")
        try #require(!parts[1].hasPrefix("\"error: "), "\(parts[1])")
        return try JSONDecoder().decode(type, from: Data(parts[1].utf8))
    }
}

@Suite(
    "The page in a browser",
    .enabled("no Chromium on PATH: scripts/prepare-browser installs Debian's, UINTR_BROWSER names another", { Browser.executable != nil }),
    .serialized)
struct PageTests {
    private struct Seen: Decodable, Equatable {
        var place: String
        var hash: String
        var here: [Int]
        var state: [String]
        var changed: Int
        var flight: String
        var conclusion: String
    }

    private let look = """
        function seen() {
          const text = (id) => document.getElementById(id).textContent;
          return {
            place: text("place"), hash: location.hash, flight: text("flight"), conclusion: text("conclusion"),
            here: [...new Set([...document.querySelectorAll(".row.here")].map((row) => Number(row.dataset.step)))],
            state: [...document.querySelectorAll("#state tr")].map((row) => row.textContent),
            changed: document.querySelectorAll("#state tr.changed").length };
        }

        """

    private func drive(_ script: String, at address: String = "") async throws -> [Seen] {
        try await Browser.run(
            ExploreReport([AnswerRecord(Sample.violated)]).html, at: address,
            script: look + "const all = []; function note() { all.push(seen()); } note();\n\(script)\nanswer(all);", as: [Seen].self)
    }

    @Test("the keys step on and back and go to the ends, and no further")
    func keys() async throws {
        let keys = ["ArrowRight", "j", "ArrowDown", "k", "ArrowLeft", "ArrowUp", "ArrowUp", "End", "j", "Home"]
        let seen = try await drive("for (const key of \(keys)) { press(key); note(); }")
        #expect(seen.map(\.hash) == [0, 1, 2, 3, 2, 1, 0, 0, 11, 11, 0].map { "#rfc-v1-scenario-hotplug-lost-wakeup/\($0)" })
        #expect(seen.map(\.here) == [[], [1], [2], [3], [2], [1], [], [], [11], [11], []])
        #expect(seen[0].place == "before step 1 of 11" && seen[8].place == "step 11 of 11")
    }

    @Test("beside each step stand the state after it, what it changed and the IPIs in flight")
    func state() async throws {
        let seen = try await drive("for (let n = 0; n < 11; n++) { press('j'); note(); }")
        let trace = Sample.lostWakeup
        #expect(seen[0].state == trace.initial.map { $0.name + $0.text } && seen[0].changed == 0)
        for (index, step) in trace.steps.enumerated() {
            #expect(seen[index + 1].state == step.state.map { $0.name + $0.text })
            #expect(seen[index + 1].changed == step.state.count { $0.changed })
        }
        #expect(seen[10].flight == "wait vector to CPU 1" && seen[9].flight == "none" && seen[11].flight == "none")
        #expect(seen[10].conclusion.isEmpty && seen[11].conclusion == trace.conclusion)
    }

    @Test("a click on a step goes there, the buttons do what the keys do, and keys of the browser are left alone")
    func clicks() async throws {
        let seen = try await drive(
            """
            document.querySelector('.row[data-step="7"] .step').click(); note();
            document.querySelector('button[data-key="ArrowRight"]').click(); note();
            document.querySelector('button[data-key="Home"]').click(); note();
            press("j", { ctrlKey: true }); note(); press("x"); note();
            """)
        #expect(seen.map(\.here) == [[], [7], [8], [], [], []])
    }

    @Test("the address names the step: a link leads to it, and one that leads nowhere to an end")
    func address() async throws {
        let anchor = "rfc-v1-scenario-hotplug-lost-wakeup"
        #expect(try await drive("", at: anchor + "/10")[0].here == [10])
        #expect(try await drive("", at: anchor + "/99")[0].here == [11])
        #expect(try await drive("", at: anchor + "/x")[0].here == [])
        #expect(try await drive("", at: "nothing/3")[0].place == "before step 1 of 11")
    }

    @Test("every step stands in the column of its CPU, and IPIs between the columns")
    func columns() async throws {
        struct Box: Decodable {
            var kind: String
            var left, right: Double
        }
        let html = ExploreReport([AnswerRecord(Sample.answer("mail", .delivered, .violated, trace: Sample.arrows))]).html
        let boxes = try await Browser.run(
            html,
            script: """
                answer([...document.querySelectorAll(".row.head span, .row .text, .row .sent")].map((e) => {
                  const box = e.getBoundingClientRect(); return { kind: e.className, left: box.left, right: box.right }; }));
                """, as: [Box].self)
        let heads = boxes.prefix(3).map(\.left)
        #expect(heads == heads.sorted() && Set(heads).count == 3)
        let cpus = Sample.arrows.steps.filter { $0.cpu != nil }.compactMap(\.cpu)
        #expect(boxes.filter { $0.kind == "text step" }.map(\.left) == cpus.map { heads[$0] })
        let sent = boxes.filter { $0.kind.hasPrefix("sent") }
        #expect(sent.map(\.kind) == ["sent left", "sent right", "sent self", "sent right"])
        #expect(sent[0].left < heads[0] && sent[0].right >= heads[2] - 30)
        #expect(sent[1].left >= heads[0] && sent[1].right < heads[2] && sent[1].right > heads[2] - 30)
        #expect(sent[2].left < heads[1] && sent[2].left > heads[0])
    }

    @Test("a cell of the matrix opens its trace below it, and keys then step through that one")
    func matrix() async throws {
        let seen = try await Browser.run(
            PageTextTests.traces.html,
            script: look + """
                const before = document.getElementById("stepper").hidden;
                press("j");
                document.querySelector('a[href="#mail-delivered"]').click();
                setTimeout(() => {
                  press("j"); const one = seen();
                  document.querySelector('a[href="#rfc-v1-lost-wakeup"]').click();
                  setTimeout(() => { press("End"); answer({ before: before, one: one, two: seen() }); }, 100);
                }, 100);
                """, as: Matrix.self)
        #expect(seen.before)
        #expect(seen.one.hash == "#mail-delivered/1" && seen.one.here == [1] && seen.one.place == "step 1 of 11")
        #expect(seen.two.hash == "#rfc-v1-lost-wakeup/11" && seen.two.conclusion == Sample.lostWakeup.conclusion)
    }

    private struct Matrix: Decodable {
        var before: Bool
        var one, two: Seen
    }

    @Test("nothing is wider than the page, at 1280 and at 400 pixels", arguments: [1280, 400])
    func widths(_ width: Int) async throws {
        for html in [ExploreReport([AnswerRecord(Sample.violated)]).html, PageTextTests.traces.html] {
            let seen = try await Browser.run(
                html, frame: width,
                script: """
                    const link = document.querySelector("td.violated a"); if (link) link.click();
                    setTimeout(() => {
                      press("End");
                      const page = document.documentElement;
                      answer([page.clientWidth, page.scrollWidth, document.querySelectorAll(".row").length]);
                    }, 100);
                    """, as: [Int].self)
            #expect(seen[0] == width && seen[1] <= width && seen[2] > 11, "\(seen)")
        }
    }

    @Test("on a narrow page the step stands above the panel that covers the foot, wherever the keys go")
    func narrow() async throws {
        struct Boxes: Decodable {
            var top, bottom, panel: Double
        }
        let boxes = try await Browser.run(
            ExploreReport([AnswerRecord(Sample.violated)]).html, frame: 400,
            script: """
                const all = [];
                for (const key of ["j", "End", "k", "Home", "j", "j", "End"]) {
                  press(key);
                  const row = document.querySelector(".row.here");
                  if (!row) continue;
                  const box = row.getBoundingClientRect();
                  all.push({ top: box.top, bottom: box.bottom, panel: document.querySelector("aside").getBoundingClientRect().top });
                }
                answer(all);
                """, as: [Boxes].self)
        #expect(boxes.count == 6)
        for box in boxes { #expect(box.top >= 0 && box.bottom <= box.panel, "\(box)") }
    }

    @Test("it is dark where the reader's system is")
    func dark() async throws {
        let html = ExploreReport([AnswerRecord(Sample.violated)]).html
        let script = "answer(getComputedStyle(document.body).backgroundColor);"
        let light = try await Browser.run(html, arguments: ["--blink-settings=preferredColorScheme=1"], script: script, as: String.self)
        let dark = try await Browser.run(html, arguments: ["--blink-settings=preferredColorScheme=0"], script: script, as: String.self)
        #expect(light == "rgb(255, 255, 255)" && dark == "rgb(20, 24, 29)")
    }
}
