import { html, type Markup } from './markup.ts';

/** The page around a report. Its policy admits this style sheet and this script by their digests, and nothing else: no network at all. */
export const page = (title: string, body: Markup): string =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src '${styleDigest}'; script-src '${scriptDigest}'; base-uri 'none'; form-action 'none'"
        />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        ${{ markup: `<style>${style}</style>` }}
      </head>
      <body>
        ${body} ${{ markup: `<script>${script}</script>` }}
      </body>
    </html> `.markup;

/** Of `style` and `script`, as a Content-Security-Policy names them; a test holds them against the texts. */
export const styleDigest = 'sha256-dyHbkXgbUsIpJ0icP1Pv/IzQNtVc69noK00YWHnsddQ=';
export const scriptDigest = 'sha256-Vs2+8LF+BskBEaBQ0mXGDhc8VN3hZDCjZb++AoiUOYw=';

export const script = `
document.documentElement.classList.add('scripted');
document.addEventListener('click', async (event) => {
  const button = event.target.closest('.copy');
  if (!button) return;
  const command = button.previousElementSibling;
  try {
    await navigator.clipboard.writeText(command.textContent);
  } catch {
    getSelection().selectAllChildren(command);
    document.execCommand('copy');
  }
  button.textContent = 'Copied';
  setTimeout(() => { button.textContent = 'Copy'; }, 1500);
});
`;

export const style = `
:root {
  --page: #f6f7f9; --card: #fff; --ink: #1b222b; --quiet: #57626f; --line: #d5dbe2; --code: #eef1f4;
  --bad: #b3261e; --bad-soft: #fdeceb; --warn: #8a5300; --warn-soft: #fff4e0; --good: #17693a; --good-soft: #e6f5ec; --calm-soft: #e9edf1;
  --link: #0a58b0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #10151b; --card: #181e26; --ink: #e6ebf1; --quiet: #9dabb9; --line: #303a46; --code: #222b35;
    --bad: #ff8a80; --bad-soft: #3a1b1d; --warn: #f0b757; --warn-soft: #36290f; --good: #6fd79b; --good-soft: #143122; --calm-soft: #29323c;
    --link: #7cb7ff;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 68rem; padding: 1rem; background: var(--page); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1, h2, h3, h4, p, dl, dd, ul, ol { margin: 0; }
h1 { font-size: 1.35rem; }
h2 { font-size: 1.2rem; }
h3 { font-size: 1.05rem; }
h4 { margin: .9rem 0 .25rem; color: var(--quiet); font-size: .8rem; letter-spacing: .06em; text-transform: uppercase; }
a { color: var(--link); }
.quiet { color: var(--quiet); }
header { margin-bottom: 1rem; }
article, nav, main > section { margin-bottom: 1.25rem; padding: 1.1rem; border: 1px solid var(--line); border-radius: .75rem; background: var(--card); }
nav ul, .others { padding: 0; list-style: none; }
nav li, .others li { padding: .15rem 0; }
.badge { display: inline-block; padding: 0 .55rem; border-radius: 1rem; font-size: .8rem; font-weight: 600; line-height: 1.6; vertical-align: .1em; }
.badge.bad { background: var(--bad-soft); color: var(--bad); }
.badge.warn { background: var(--warn-soft); color: var(--warn); }
.badge.good { background: var(--good-soft); color: var(--good); }
.badge.calm { background: var(--calm-soft); color: var(--ink); }
.decision { margin-top: .5rem; font-weight: 600; }
.well { color: var(--good); font-weight: 600; }
.note { color: var(--quiet); font-style: italic; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.path { display: flex; align-items: flex-start; margin: 1.4rem 0 1.2rem; padding: 0; list-style: none; font-size: .85rem; line-height: 1.3; text-align: center; }
.stop { flex: 0 0 6.3rem; }
.stop .name { overflow-wrap: normal; }
.icon { display: block; width: 2.75rem; height: 2.75rem; margin: 0 auto .3rem; padding: .55rem; border: 2px solid var(--line); border-radius: 50%; background: var(--card); }
.icon, .mark { fill: none; stroke: currentColor; stroke-width: 1.7; stroke-linecap: round; stroke-linejoin: round; }
.stop .name { display: block; font-weight: 600; }
.stop .label { display: block; color: var(--quiet); font-size: .8rem; }
.link { display: flex; flex: 1 1 4.5rem; flex-direction: column; min-width: 3.5rem; color: var(--quiet); }
.wire { position: relative; display: flex; align-items: center; justify-content: center; height: 2.75rem; margin: 0 -.4rem; }
.wire::before, .wire::after { content: ""; flex: 1; border-top: 2px solid var(--line); }
.mark { flex: none; width: 1.5rem; height: 1.5rem; margin: 0 .15rem; }
.whole .wire::before, .whole .wire::after { border-color: var(--good); }
.whole .mark { width: .9rem; height: .9rem; margin: 0 0 0 -.45rem; color: var(--good); order: 3; stroke-width: 3; }
.whole .wire::after { display: none; }
.broken { flex: 1.5 1 8rem; color: var(--bad); }
.broken .wire::before, .broken .wire::after { border-top: 3px solid var(--bad); }
.broken .mark { width: 2rem; height: 2rem; margin: 0 .5rem; fill: var(--bad-soft); stroke-width: 2; }
.broken a, .broken .says { color: var(--bad); font-weight: 600; }
.weak { flex: 1.5 1 8rem; color: var(--warn); }
.weak .wire::before, .weak .wire::after { border-top: 2px solid var(--warn); }
.weak .mark { fill: var(--warn-soft); }
.weak a { color: var(--warn); font-weight: 600; }
.follows .wire::before, .follows .wire::after { border-top: 2px dashed var(--bad); }
.follows .mark { width: 1rem; height: 1rem; color: var(--bad); }
.unknown .wire::before, .unknown .wire::after { border-top: 2px dotted var(--warn); }
.unknown .mark { color: var(--warn); }
.idle .wire::before, .idle .wire::after { border-top: 2px dotted var(--line); }
@media (max-width: 46rem) {
  body { padding: .6rem; }
  article, nav, main > section { padding: .8rem; }
}
@media (max-width: 60rem) {
  .path { flex-direction: column; align-items: stretch; text-align: left; }
  .stop { display: grid; flex: none; grid-template-columns: 2.75rem 1fr; column-gap: .7rem; align-items: center; min-width: 0; }
  .stop .icon { grid-row: 1 / span 2; margin: 0; }
  .stop .name { align-self: end; }
  .stop .label { align-self: start; min-height: 1em; }
  .path .link { display: grid; flex: none; grid-template-columns: 2.75rem 1fr; column-gap: .7rem; align-items: center; }
  .wire { flex-direction: column; height: auto; min-height: 2.2rem; margin: 0; align-self: stretch; }
  .wire::before, .wire::after, .link .wire::before, .link .wire::after { border-top: 0; border-left: 2px solid var(--line); }
  .mark { margin: .1rem 0; }
  .whole .wire::before { border-color: var(--good); }
  .whole .mark { margin: -.5rem 0 0; transform: rotate(90deg); }
  .link.broken .wire::before, .link.broken .wire::after { border-left: 3px solid var(--bad); }
  .broken .wire { min-height: 4rem; }
  .broken .mark { margin: .25rem 0; }
  .link.weak .wire::before, .link.weak .wire::after { border-left-color: var(--warn); }
  .link.follows .wire::before, .link.follows .wire::after { border-left: 2px dashed var(--bad); }
  .link.unknown .wire::before, .link.unknown .wire::after { border-left: 2px dotted var(--warn); }
  .link.idle .wire::before, .link.idle .wire::after { border-left: 2px dotted var(--line); }
}

.finding { margin: 1rem 0; padding: .8rem 1rem; border: 1px solid var(--line); border-left: 4px solid var(--warn); border-radius: .5rem; scroll-margin-top: 1rem; }
.finding.bad { border-left-color: var(--bad); }
.finding:target { box-shadow: 0 0 0 2px var(--link); }
.evidence { font-size: .9rem; }
.evidence div { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 0 1rem; padding: .25rem 0; border-top: 1px solid var(--line); }
.evidence dt { color: var(--quiet); }
.evidence b { color: var(--ink); font-weight: 500; }
.evidence dd, code { font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .86rem; }
.command { display: flex; gap: .5rem; align-items: flex-start; margin: .4rem 0 .1rem; padding: .5rem .6rem; border-radius: .4rem; background: var(--code); }
.command code { flex: 1; min-width: 0; white-space: pre-wrap; user-select: all; }
.copy { display: none; padding: .1rem .6rem; border: 1px solid var(--line); border-radius: .35rem; background: var(--card); color: var(--ink); font: inherit; font-size: .8rem; cursor: pointer; }
.scripted .copy { display: block; }
.copy:hover { border-color: var(--quiet); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.expect { padding-left: .6rem; color: var(--quiet); font-size: .9rem; }
.expect::before { content: "→ "; }
.so { padding-left: 1.2rem; }
.id { margin-top: .9rem; font-size: .8rem; }
.stations { margin-top: .3rem; font-size: .9rem; }
.stations div { display: grid; grid-template-columns: 7rem minmax(0, 1fr); gap: 0 .8rem; padding: .1rem 0 .1rem 1.4rem; position: relative; }
.stations div::before { position: absolute; left: .1rem; content: "·"; color: var(--quiet); }
.stations .good::before { content: "✔"; color: var(--good); }
.stations .bad::before { content: "✖"; color: var(--bad); }
.stations .warn::before { content: "▲"; color: var(--warn); }
.stations dt { color: var(--quiet); }
.checks div { grid-template-columns: 15rem minmax(0, 1fr); }
details { margin-top: .8rem; }
summary { color: var(--link); cursor: pointer; }
@media (max-width: 46rem) {
  .evidence div, .checks div { grid-template-columns: minmax(0, 1fr); }
  .stations div { grid-template-columns: 5rem minmax(0, 1fr); }
  .checks div { grid-template-columns: minmax(0, 1fr); }
  .finding { padding: .7rem .75rem; }
}
@media print { .copy { display: none; } article { break-inside: avoid; } }
`;
