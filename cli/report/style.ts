/** Style of the report: readable in light and dark, on paper and on a phone. */
export const STYLE = `
:root { color-scheme: light dark; --line: #8884; --passed: #2e8b57; --failed: #c62828; --cancelled: #b26a00; --quiet: #888; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 1rem; }
h1 { font-size: 1.5rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1rem; margin: 2rem 0 .5rem; }
.verdict { margin: 0; padding: .1rem .7rem; border-radius: 1rem; color: #fff; font-weight: 600; }
.verdict.passed, .bar.passed { background: var(--passed); }
.verdict.failed, .bar.failed { background: var(--failed); }
.verdict.cancelled, .bar.cancelled { background: var(--cancelled); }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { font-size: .8rem; color: var(--quiet); font-weight: 400; }
tbody th { font-weight: 600; white-space: nowrap; }
tr.skipped th, tr.skipped td { color: var(--quiet); font-weight: 400; }
tr.failed .status { color: var(--failed); font-weight: 600; }
.reason { display: block; font-size: .85rem; overflow-wrap: anywhere; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.lane { width: 45%; }
.lane div { position: relative; height: 1.5rem; }
.bar { position: absolute; top: .3rem; height: .9rem; border-radius: .2rem; }
li { white-space: pre-wrap; overflow-wrap: anywhere; }
.error { overflow-wrap: anywhere; border-left: 4px solid var(--failed); background: #c6282814; padding: .8rem; white-space: pre-wrap; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.5rem; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 40rem) { .lane { display: none; } }
`;
