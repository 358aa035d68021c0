/// The fixed parts of the page that draws verdicts. Nothing in them comes from a trace.
enum PageParts {
    static let stepper = """
        <main id="stepper" hidden>
        <h2 id="title"></h2>
        <p id="sentence"></p>
        <div class="columns">
        <div id="run" role="list" aria-label="Steps"></div>
        <aside>
        <div class="controls">
        <button data-key="Home" title="Home: to the beginning" aria-label="to the beginning">&#x21E4;</button>
        <button data-key="ArrowLeft" title="left arrow or k: a step back" aria-label="a step back">&#x2190;</button>
        <output id="place" aria-live="polite"></output>
        <button data-key="ArrowRight" title="right arrow or j: a step on" aria-label="a step on">&#x2192;</button>
        <button data-key="End" title="End: to the end" aria-label="to the end">&#x21E5;</button>
        </div>
        <h3>State</h3>
        <table id="state"></table>
        <h3>IPIs in flight</h3>
        <ul id="flight"></ul>
        <p id="conclusion"></p>
        </aside>
        </div>
        <p class="keys"><kbd>&#x2190;</kbd> <kbd>&#x2192;</kbd> or <kbd>k</kbd> <kbd>j</kbd> step, <kbd>Home</kbd> <kbd>End</kbd> go to the ends; or click a step. The trace is found by <code id="command"></code></p>
        </main>

        """

    static let style = #"""
        :root {
          color-scheme: light dark;
          --ground: #ffffff; --ink: #1b1f24; --soft: #5a636e; --line: #d5dae0; --here: #e6effc; --edge: #2f6fd0;
          --ipi: #8a5000; --bad: #b3261e; --good: #1a6b35; --open: #7a5d00; --panel: #f6f8fa;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ground: #14181d; --ink: #e4e8ed; --soft: #9aa5b1; --line: #343c46; --here: #1d2c42; --edge: #6ea3f2;
            --ipi: #e5b45a; --bad: #ff8a80; --good: #74d394; --open: #e0c060; --panel: #1b2027;
          }
        }
        * { box-sizing: border-box; }
        body { margin: 0 auto; padding: 1rem 1.25rem 2rem; max-width: 90rem; background: var(--ground); color: var(--ink);
          font: 16px/1.45 system-ui, sans-serif; }
        h1 { font-size: 1.4rem; margin: 0 0 .4rem; }
        h2 { font-size: 1.15rem; margin: 1.4rem 0 .3rem; }
        h3 { font-size: .8rem; margin: .9rem 0 .2rem; color: var(--soft); font-weight: 600; }
        p { margin: .3rem 0; max-width: 60rem; }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: .5rem 0; }
        dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
        code, kbd, pre, #run, #state, #flight { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: .82rem; }
        code { overflow-wrap: anywhere; }
        kbd { border: 1px solid var(--line); border-radius: 3px; padding: 0 .3em; }
        a { color: inherit; }
        .scroll { overflow-x: auto; margin: .8rem 0; }
        table { border-collapse: collapse; }
        .scroll td, .scroll th { border: 1px solid var(--line); padding: .3rem .55rem; text-align: left; vertical-align: top; font-size: .9rem; }
        .scroll tbody th { font-weight: 400; }
        .matrix tbody th { font-weight: 600; position: sticky; left: 0; background: var(--ground); }
        .matrix small { display: block; color: var(--soft); font-size: .75rem; }
        .holds { color: var(--good); } .violated { color: var(--bad); } .incomplete { color: var(--open); }
        td.violated a { font-weight: 600; }
        .columns { display: grid; grid-template-columns: minmax(0, 1fr) 23rem; gap: 1.5rem; align-items: start; margin-top: .6rem; }
        #run { border-top: 1px solid var(--line); }
        .row { display: grid; grid-template-columns: 2.2rem repeat(var(--cpus), 1.5rem minmax(0, 1fr)); position: relative; cursor: pointer;
          border-left: 3px solid transparent; }
        .row > * { grid-row: 1; padding: .1rem 0; overflow-wrap: anywhere; min-width: 0; }
        .row.head { position: sticky; top: 0; z-index: 1; background: var(--ground); font-weight: 700; border-bottom: 1px solid var(--line);
          cursor: default; padding: .2rem 0; }
        .row .number { grid-column: 1; color: var(--soft); text-align: right; padding-right: .4rem; }
        .row.future { opacity: .38; }
        .row.here { background: var(--here); border-left-color: var(--edge); }
        .task { font-weight: 700; padding-top: .45rem !important; }
        .function { color: var(--soft); padding-left: 1.2ch !important; }
        .step { padding-left: 1.2ch !important; } .step.inside { padding-left: 3.2ch !important; }
        .arrived, .dropped { padding-left: .4ch !important; }
        .row .text small { display: block; color: var(--soft); }
        .row .lane { padding: 0; position: relative; color: var(--ipi); }
        .lane.down::before { content: ""; position: absolute; left: 50%; top: 0; bottom: 0; border-left: 2px dotted var(--ipi); }
        .lane.end::after { content: ""; position: absolute; left: 50%; top: 0; height: .85em; width: 32%; border-left: 2px dotted var(--ipi);
          border-bottom: 2px solid var(--ipi); }
        .lane b { position: absolute; right: -.1em; top: .02em; font-weight: 400; }
        .lane.lost b { color: var(--bad); } .arrived { color: var(--ipi); } .dropped { color: var(--bad); }
        .row .sent { color: var(--ipi); border-top: 2px solid var(--ipi); margin-top: .35rem; padding: 0 .5rem .1rem; min-height: 1.5em; }
        .sent.right { border-right: 2px dotted var(--ipi); margin-right: calc(.75rem - 2px); border-top-right-radius: 6px; margin-left: 1.2ch; }
        .sent.left { border-left: 2px dotted var(--ipi); margin-left: .75rem; border-top-left-radius: 6px; margin-right: -.6rem; }
        .sent.self { border-left: 2px dotted var(--ipi); margin-left: .75rem; border-top-left-radius: 6px; max-width: max-content; }
        .event { color: var(--soft); grid-column: 2 / -1; }
        aside { position: sticky; top: .5rem; background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: .7rem .9rem; }
        .controls { display: flex; align-items: center; gap: .4rem; }
        .controls output { flex: 1; text-align: center; font-variant-numeric: tabular-nums; }
        button { font: inherit; min-width: 2.4rem; min-height: 2.2rem; color: inherit; background: var(--ground); border: 1px solid var(--line); border-radius: 6px; cursor: pointer; }
        button:hover, button:focus-visible { border-color: var(--edge); }
        #state td { padding: .1rem .5rem .1rem 0; vertical-align: top; overflow-wrap: anywhere; }
        #state td:first-child { color: var(--soft); white-space: nowrap; }
        #state tr.changed td:last-child { font-weight: 700; }
        #state tr.changed td:last-child::before { content: "\25B8 "; color: var(--edge); }
        #flight { margin: 0; padding-left: 1.1rem; color: var(--ipi); } #flight.none { list-style: none; padding: 0; color: var(--soft); }
        #conclusion { border-top: 1px solid var(--line); margin-top: .8rem; padding-top: .5rem; color: var(--bad); }
        #conclusion:empty { display: none; }
        .keys { color: var(--soft); font-size: .85rem; margin-top: 1rem; }
        pre { overflow-x: auto; }
        @media (max-width: 62rem) {
          body { padding: .6rem .6rem 1rem; }
          .columns { grid-template-columns: minmax(0, 1fr); gap: .6rem; }
          .row { grid-template-columns: 1.5rem repeat(var(--cpus), 1rem minmax(0, 1fr)); }
          .row .text small { display: none; }
          .sent.right { margin-right: calc(.5rem - 2px); } .sent.left, .sent.self { margin-left: .5rem; }
          .row .sent { padding: 0 .3rem; }
          #run { font-size: .74rem; }
          aside { bottom: 0; top: auto; z-index: 2; max-height: 46vh; overflow-y: auto; padding: .4rem .6rem; margin: 0 -.3rem; }
          aside h3 { margin: .4rem 0 .1rem; }
          #state { font-size: .74rem; }
        }
        """#
}
