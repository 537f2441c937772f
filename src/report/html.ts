import { isBlamed, isFailed } from '../diagnosis/failure.ts';
import type { CheckResult, Finding, Report } from '../diagnosis/report.ts';
import { doubts, gateTallyOf, tallyOf, unseenIn } from './causes.ts';
import { commandLine } from './command-line.ts';
import type { Edition } from './edition.ts';
import { pathPicture } from './html-path.ts';
import { page } from './html-page.ts';
import { html, type Content, type Markup } from './markup.ts';
import { stationsOf } from './stations.ts';

/** One page that needs no network: the path of a packet as a picture for each target that ails, its findings, and commands to copy. */
export function renderHtml(edition: Edition): string {
  const { command, reports, version, takenAt } = edition;
  const tally = command === 'gate' ? gateTallyOf(reports) : tallyOf(reports);
  const whole = reports.length === 1 ? reports : reports.filter((report) => isWorthAPicture(report));
  const others = reports.filter((report) => !whole.includes(report));
  const outcome = outcomeOf(edition);
  const body = html`<header>
      <h1><span class="badge ${outcome.tone}">${outcome.word}</span> ${tally}</h1>
      <p class="quiet">
        ${takenAt === undefined ? '' : html`Seen <time datetime="${takenAt}">${takenAt.replace('T', ' ').replace('Z', ' UTC')}</time> by `}svcdoctor
        ${command} ${version}
      </p>
    </header>
    <main>
      ${whole.length > 1 ? contents(whole, reports) : undefined}${whole.map((report) => article(report, edition, reports.indexOf(report)))}${others.length > 0 ? wellOnes(others) : undefined}
    </main> `;
  return page(`svcdoctor: ${tally}`, body);
}

/** One word for the run, in the colour that it has for the exit code. */
function outcomeOf({ reports, policy }: Edition): { readonly tone: string; readonly word: string } {
  if (reports.some((report) => isFailed(report, policy))) return { tone: 'bad', word: 'fails' };
  return reports.some(({ verdict }) => verdict === 'unknown')
    ? { tone: 'warn', word: 'not all seen' }
    : { tone: 'good', word: 'passes' };
}

/** What is well, or was let pass, takes a line. */
const isWorthAPicture = ({ verdict, findings, gate }: Report): boolean =>
  findings.length > 0 || verdict === 'unknown' || gate?.result === 'fail' || gate?.result === 'unknown';

const tones = {
  broken: 'bad',
  degraded: 'warn',
  'at-risk': 'warn',
  unknown: 'warn',
  healthy: 'good',
  'not-diagnosed': 'good',
} as const;
const gateTones = { fail: 'bad', unknown: 'warn', exempt: 'calm', pass: 'good' } as const;
const gateWords = { fail: 'fails', unknown: 'unknown', exempt: 'exempt', pass: 'passes' } as const;

const badge = ({ verdict, gate }: Report): Markup =>
  gate
    ? html`<span class="badge ${gateTones[gate.result]}">${gateWords[gate.result]}</span>`
    : html`<span class="badge ${tones[verdict]}">${verdict}</span>`;

const contents = (whole: readonly Report[], all: readonly Report[]): Markup =>
  html`<nav aria-label="Services">
    <ul>
      ${whole.map(
        (report) =>
          html`<li>
            ${badge(report)} <a href="#t${all.indexOf(report)}">${report.target}</a>
            <span class="quiet">${report.gate?.why ?? report.findings[0]?.title ?? 'not all could be looked at'}</span>
          </li> `,
      )}
    </ul>
  </nav> `;

function article(report: Report, { policy }: Edition, place: number): Markup {
  const { target, from, service, findings, gate, checks } = report;
  const anchorOf = (finding: Finding) => `t${place}-${findings.indexOf(finding)}`;
  const what = service
    ? [`${service.type} ${service.address}`, ...service.ports].join(' · ')
    : 'there is no such Service, or it could not be read';
  return html`<article id="t${place}">
    <h2>${badge(report)} ${target}</h2>
    <p class="quiet">${what}${from === undefined ? '' : ` · from ${from}`}</p>
    ${gate ? decision(gate) : undefined}${checks.length > 0 ? pathPicture(report, anchorOf) : undefined}${findings.map(
      (finding) => findingMarkup(finding, anchorOf(finding), isBlamed(finding, report, policy.failOn)),
    )}${findings.length === 0 && report.verdict === 'healthy' ? html`<p class="well">${target} is healthy</p>` : undefined}${unseen(report)}${stationList(report)}${checkList(checks)}
  </article> `;
}

const decision = ({ why, notes, fixed = [] }: NonNullable<Report['gate']>): Markup =>
  html`<p class="decision">${why}</p>
    ${[...fixed.map(({ title, id }) => `fixed: ${title} (${id})`), ...notes].map(
      (note) => html`<p class="note">${note}</p> `,
    )}`;

function findingMarkup(finding: Finding, anchor: string, blamed: boolean): Markup {
  const { id, title, certainty, summary, impact, evidence, confirm, fix, consequences, ignored, baseline } = finding;
  return html`<section
    class="finding ${impact === 'breaks' && (blamed || ignored === undefined) ? 'bad' : 'warn'}"
    id="${anchor}"
  >
    <h3>${title}${doubts[certainty]}</h3>
    <p>${summary}</p>
    ${ignored === undefined ? undefined : html`<p class="note">ignored: ${ignored}</p> `}${
      baseline === 'known' ? html`<p class="note">known: it was there before</p> ` : undefined
    }
    <h4>Seen</h4>
    <dl class="evidence">
      ${evidence.map(
        ({ object, path, saw, source }) =>
          html`<div>
            <dt>
              <b>${object}</b>
              ${path}${source === undefined ? undefined : html` <span class="quiet">${source.file}:${source.line}</span>`}
            </dt>
            <dd>${saw}</dd>
          </div> `,
      )}
    </dl>
    <h4>Fix</h4>
    <p>${fix.explain}</p>
    ${fix.commands.map(copyable)}
    <h4>Confirm</h4>
    ${confirm.map(
      ({ command, expect }) =>
        html`${copyable(command)}
          <p class="expect">${expect}</p> `,
    )}${
      consequences.length === 0
        ? undefined
        : html`<h4>So</h4>
            <ul class="so">
              ${consequences.map((so) => html`<li><b>${so.title}</b>: ${so.summary}</li>`)}
            </ul> `
    }
    <p class="quiet id">${id} &middot; ${impact} &middot; ${certainty}</p>
  </section> `;
}

/** A command on one line, whole when it is selected or copied, however narrow the page is. */
function copyable(command: readonly string[]): Markup {
  const line = commandLine(command);
  return html`<div class="command">
    <code>${line}</code><button type="button" class="copy" aria-label="Copy ${line}">Copy</button>
  </div> `;
}

function unseen(report: Report): Markup | undefined {
  if (report.verdict !== 'unknown') return undefined;
  const missing = unseenIn(report);
  return html`<section class="finding warn">
    <h3>Not all could be looked at</h3>
    <p>What was not seen is not taken for healthy. svcdoctor rbac prints a role with all that it takes.</p>
    <details>
      <summary>${missing.length} ${missing.length === 1 ? 'permission is' : 'permissions are'} missing</summary>
      <ul>
        ${missing.map((permission) => html`<li><code>${permission}</code></li>`)}
      </ul>
    </details>
  </section> `;
}

const stationList = (report: Report): Markup | undefined => {
  const stations = stationsOf(report);
  if (stations.length === 0) return undefined;
  return html`<h3 class="quiet">On the way</h3>
    <dl class="stations">
      ${stations.map(({ layer, state, detail, finding }) => {
        const tone = finding ? (finding.impact === 'breaks' ? 'bad' : 'warn') : stationTones[state];
        return html`<div class="${tone}">
          <dt>${layer}</dt>
          <dd>${detail}</dd>
        </div> `;
      })}
    </dl> `;
};

const stationTones = { passed: 'good', found: 'bad', notReached: 'calm', unknown: 'warn' } as const;

const outcomeTones = { passed: 'good', problem: 'bad', skipped: 'warn', 'not-applicable': 'calm' } as const;

function checkList(checks: readonly CheckResult[]): Content {
  if (checks.length === 0) return undefined;
  return html`<details>
    <summary>All ${checks.length} checks</summary>
    <dl class="stations checks">
      ${checks.map(
        ({ id, outcome, detail }) =>
          html`<div class="${outcomeTones[outcome]}">
            <dt>${id}</dt>
            <dd>${detail}</dd>
          </div> `,
      )}
    </dl>
  </details> `;
}

const wellOnes = (reports: readonly Report[]): Markup =>
  html`<section>
    <h2>The others</h2>
    <ul class="others">
      ${reports.map((report) => {
        const endpoints = report.checks.find(({ id, outcome }) => id.startsWith('endpoints/') && outcome === 'passed');
        return html`<li>
          ${badge(report)} <b>${report.target}</b>
          <span class="quiet">${report.gate?.why ?? endpoints?.detail ?? report.service?.type ?? ''}</span>
        </li> `;
      })}
    </ul>
  </section> `;
