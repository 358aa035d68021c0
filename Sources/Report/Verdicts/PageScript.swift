extension PageParts {
    /// Draws a trace and steps through it. The address's part behind # names the trace and the step: `#rfc-v1-lost-wakeup/4`.
    static let script = #"""
        "use strict";
        (function () {
          const traces = JSON.parse(document.getElementById("data").textContent);
          const isMatrix = document.body.dataset.matrix === "true";
          if (traces.length === 0) return;
          const id = (name) => document.getElementById(name);
          let trace = null, at = 0, rows = [];

          function make(kind, name, text) {
            const element = document.createElement(kind);
            if (name) element.className = name;
            if (text !== undefined) element.textContent = text;
            return element;
          }
          // The grid's columns: the number, and for each CPU its lane and its text.
          const laneColumn = (cpu) => 2 + 2 * cpu;
          const textColumn = (cpu) => 3 + 2 * cpu;

          function line(row, index, number) {
            const element = make("div", "row");
            element.dataset.step = index + 1;
            if (number) element.append(make("span", "number", String(index + 1)));
            const end = row.kind === "arrived" || row.kind === "dropped";
            for (let cpu = 0; cpu < trace.cpus; cpu++) {
              if (row.kind === "sent" && cpu === row.cpu) continue;
              const ends = end && cpu === row.cpu;
              if (row.after[cpu] > 0 || ends) {
                const lane = make("span", "lane" + (row.after[cpu] > 0 ? " down" : "") + (ends ? " end" : "") + (row.kind === "dropped" && ends ? " lost" : ""));
                if (ends) lane.append(make("b", "", row.kind === "dropped" ? "\u2717" : "\u25B8"));
                lane.style.gridColumn = String(laneColumn(cpu));
                element.append(lane);
              }
            }
            const text = make("span", "text " + row.kind, row.text);
            if (row.kind === "sent") {
              const self = row.from === null || row.from === row.cpu;
              const right = !self && row.from < row.cpu;
              text.className = "sent " + (self ? "self" : right ? "right" : "left");
              text.style.gridColumn = self ? laneColumn(row.cpu) + " / " + (textColumn(row.cpu) + 1)
                : right ? textColumn(row.from) + " / " + (laneColumn(row.cpu) + 1) : laneColumn(row.cpu) + " / " + textColumn(row.from);
            } else if (row.kind !== "event") {
              text.style.gridColumn = String(textColumn(row.cpu));
            }
            element.append(text);
            return element;
          }

          function draw() {
            const run = id("run");
            run.replaceChildren();
            run.style.setProperty("--cpus", trace.cpus);
            const head = make("div", "row head");
            for (let cpu = 0; cpu < trace.cpus; cpu++) {
              const name = make("span", "", "CPU " + cpu);
              name.style.gridColumn = String(textColumn(cpu));
              head.append(name);
            }
            run.append(head);
            rows = [];
            trace.steps.forEach((step, index) => {
              let numbered = false;
              step.rows.forEach((row) => {
                const first = !numbered && row.kind !== "task" && row.kind !== "function";
                const element = line(row, index, first);
                if (first) {
                  numbered = true;
                  const changed = step.state.filter((value) => value[2]);
                  const text = element.querySelector(".text");
                  if (text) changed.forEach((value) => text.append(make("small", "", value[0] + ": " + value[1])));
                }
                element.setAttribute("role", "listitem");
                run.append(element);
                rows.push(element);
              });
            });
            id("title").textContent = isMatrix ? trace.title : "";
            id("sentence").textContent = isMatrix ? trace.sentence : "";
            id("command").textContent = trace.command;
            id("stepper").hidden = false;
          }

          function show(scroll) {
            const last = trace.steps.length;
            at = Math.min(Math.max(at, 0), last);
            let here = null;
            for (const row of rows) {
              const step = Number(row.dataset.step);
              row.classList.toggle("future", step > at);
              row.classList.toggle("here", step === at);
              if (step === at) { row.setAttribute("aria-current", "step"); here = here || row; } else row.removeAttribute("aria-current");
            }
            id("place").textContent = at === 0 ? "before step 1 of " + last : "step " + at + " of " + last;
            const state = at === 0 ? trace.initial : trace.steps[at - 1].state;
            id("state").replaceChildren(...state.map((value) => {
              const row = make("tr", at > 0 && value[2] ? "changed" : "");
              row.append(make("td", "", value[0]), make("td", "", value[1]));
              return row;
            }));
            const flight = at === 0 ? [] : trace.steps[at - 1].flight;
            id("flight").className = flight.length ? "" : "none";
            id("flight").replaceChildren(...(flight.length ? flight.map((ipi) => make("li", "", ipi[0] + " to CPU " + ipi[1])) : [make("li", "", "none")]));
            id("conclusion").textContent = at === last ? trace.conclusion : "";
            // A page that is shown inside another one may have no address of its own.
            try { history.replaceState(null, "", "#" + trace.anchor + "/" + at); } catch (error) { /* the step is shown all the same */ }
            if (scroll) reveal(here);
          }

          // Keeps the step between the sticky head and, on a narrow page, the panel below.
          function reveal(row) {
            const panel = document.querySelector("aside").getBoundingClientRect();
            const box = row ? row.getBoundingClientRect() : id("run").getBoundingClientRect();
            const covered = panel.width > window.innerWidth * 0.7 ? window.innerHeight - panel.top : 0;
            const floor = window.innerHeight - Math.max(covered, 0) - 60;
            if (!row) { if (box.top < 0) window.scrollBy(0, box.top - 10); return; }
            if (box.bottom > floor) window.scrollBy(0, box.bottom - floor);
            if (box.top < 50) window.scrollBy(0, box.top - 50);
          }

          function open(wanted, step) {
            const found = traces.find((candidate) => candidate.anchor === wanted);
            if (!found) return false;
            const isNew = found !== trace;
            trace = found;
            if (isNew) draw();
            at = step;
            show(!isNew || at > 0);
            if (isNew && isMatrix) id("stepper").scrollIntoView();
            return true;
          }

          function fromAddress() {
            const parts = decodeURIComponent(location.hash.slice(1)).split("/");
            const step = Number.parseInt(parts[1] || "0", 10);
            return open(parts[0], Number.isNaN(step) ? 0 : step);
          }

          function press(key) {
            switch (key) {
              case "ArrowRight": case "ArrowDown": case "j": at += 1; break;
              case "ArrowLeft": case "ArrowUp": case "k": at -= 1; break;
              case "Home": at = 0; break;
              case "End": at = trace.steps.length; break;
              default: return false;
            }
            show(true);
            return true;
          }

          document.addEventListener("keydown", (event) => {
            if (!trace || event.ctrlKey || event.altKey || event.metaKey) return;
            if (press(event.key)) event.preventDefault();
          });
          document.querySelectorAll("button[data-key]").forEach((button) => button.addEventListener("click", () => press(button.dataset.key)));
          id("run").addEventListener("click", (event) => {
            const row = event.target.closest(".row[data-step]");
            if (row) { at = Number(row.dataset.step); show(false); }
          });
          window.addEventListener("hashchange", fromAddress);
          if (!fromAddress() && !isMatrix) open(traces[0].anchor, 0);
          document.body.dataset.ready = "true";
        })();
        """#
}
