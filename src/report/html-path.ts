import type { Layer } from '../checks/define.ts';
import type { Finding, Report } from '../diagnosis/report.ts';
import { html, type Markup } from './markup.ts';
import { stationsOf, type Station } from './stations.ts';

/** What a packet passes on its way, with what the report knows of it. */
interface Stop {
  readonly name: string;
  readonly icon: keyof typeof icons;
  readonly label: string;
}

/** The way from one stop to the next: what can go wrong there. */
interface Link {
  readonly layers: readonly Layer[];
  /** What happens there, when all is well. */
  readonly words: string;
}

const links: readonly Link[] = [
  { layers: ['client'], words: 'calls' },
  { layers: ['name', 'dns'], words: 'resolves to' },
  { layers: ['service', 'selector', 'routes'], words: 'selects' },
  { layers: ['endpoints', 'policy', 'dataplane', 'mesh'], words: 'forwards to' },
  { layers: ['ports'], words: 'listens on' },
];

/**
 * The path of the packet as a picture: client → name → Service → slice → Pod → port, the broken link marked and leading to its finding.
 * `anchorOf` gives the id of the part of the page that tells of a finding.
 */
export function pathPicture(report: Report, anchorOf: (finding: Finding) => string): Markup {
  const stations = stationsOf(report);
  const parts = stopsOf(report).flatMap((stop, index) => {
    const link = links[index - 1];
    return [...(link ? [linkMarkup(link, stations, report, anchorOf)] : []), stopMarkup(stop)];
  });
  return html`<ol class="path" aria-label="The path of a packet to ${report.target}">
    ${parts}
  </ol> `;
}

function stopsOf({ target, from, service, findings }: Report): readonly Stop[] {
  const [namespace = '', name = ''] = target.split('/');
  const pod = findings.flatMap(({ evidence }) => evidence).find(({ object }) => object.startsWith('pod/'));
  const [, kind = 'client', client = 'any client'] = from?.split('/') ?? [];
  return [
    { name: kind, icon: 'client', label: client },
    { name: 'name', icon: 'name', label: `${name}.${namespace}` },
    { name: 'Service', icon: 'service', label: service ? `${service.type} ${service.address}` : 'not there' },
    { name: 'slice', icon: 'slice', label: 'EndpointSlice' },
    { name: 'Pod', icon: 'pod', label: pod ? pod.object.slice('pod/'.length) : '' },
    { name: 'port', icon: 'port', label: service?.ports.join(', ') ?? '' },
  ];
}

const stopMarkup = ({ name, icon, label }: Stop): Markup =>
  html`<li class="stop">
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${icons[icon]}</svg><span class="name">${name}</span
    ><span class="label">${label}</span>
  </li> `;

type LinkState = 'broken' | 'weak' | 'follows' | 'unknown' | 'idle' | 'whole';

const stateWords: Readonly<Record<LinkState, string>> = {
  broken: 'broken',
  weak: 'at risk',
  follows: 'follows from it',
  unknown: 'not all was seen',
  idle: 'not reached',
  whole: 'whole',
};

function linkMarkup(
  { layers, words }: Link,
  stations: readonly Station[],
  report: Report,
  anchorOf: (finding: Finding) => string,
): Markup {
  const here = stations.filter(({ layer }) => layers.includes(layer));
  const cause = report.findings.find(({ id }) => layers.some((layer) => id.startsWith(`${layer}/`)));
  const anyClient = report.from === undefined && layers.includes('client');
  const state = cause ? (cause.impact === 'breaks' ? 'broken' : 'weak') : anyClient ? 'whole' : stateOf(here);
  const said = cause
    ? html`<a href="#${anchorOf(cause)}">${cause.title}</a>`
    : html`<span>${state === 'whole' ? words : stateWords[state]}</span>`;
  return html`<li class="link ${state}">
    <span class="wire">${wires[state]}<span class="hidden">${stateWords[state]}: </span></span
    ><span class="says">${said}</span>
  </li> `;
}

function stateOf(here: readonly Station[]): LinkState {
  const states = here.map(({ state }) => state);
  if (states.includes('found')) return 'follows';
  if (states.includes('unknown')) return 'unknown';
  return states.includes('notReached') || !states.includes('passed') ? 'idle' : 'whole';
}

const mark = (shape: Markup): Markup => html`<svg class="mark" viewBox="0 0 24 24" aria-hidden="true">${shape}</svg>`;

/** The mark in the middle of a link; its line is drawn by the style sheet. */
const wires: Readonly<Record<LinkState, Markup>> = {
  broken: mark(html`<circle cx="12" cy="12" r="11" /><path d="M7.5 7.5l9 9M16.5 7.5l-9 9" />`),
  weak: mark(html`<path d="M12 2.5L22.5 21h-21z" /><path d="M12 9v6M12 17.6v.4" />`),
  follows: mark(html`<circle cx="12" cy="12" r="5" />`),
  unknown: mark(
    html`<circle cx="12" cy="12" r="11" /><path d="M9 9.2a3 3 0 1 1 4.4 2.7c-1 .5-1.4 1-1.4 2M12 17v.2" />`,
  ),
  idle: html``,
  whole: mark(html`<path class="tip" d="M8 5l8 7-8 7" />`),
};

const icons = {
  client: html`<rect x="3" y="4.5" width="18" height="12" rx="1.5" /><path d="M8.5 20h7M12 16.5V20" />`,
  name: html`<path d="M4 12.2V5a1 1 0 0 1 1-1h7.2l8 8-8.2 8.200z" /><path d="M8.200 8.200v.1" />`,
  service: html`<circle cx="12" cy="12" r="3" /><path d="M12 9V3.500M12 20.500V15M9 12H3.500M20.500 12H15" />`,
  slice: html`<rect x="4" y="4" width="16" height="4" rx="1" /><rect x="4" y="10" width="16" height="4" rx="1" /><rect
      x="4"
      y="16"
      width="16"
      height="4"
      rx="1"
    />`,
  pod: html`<path d="M12 3l8 4.500v9L12 21l-8-4.500v-9z" /><path d="M4 7.500l8 4.500 8-4.500M12 12v9" />`,
  port: html`<rect x="4" y="4" width="16" height="16" rx="2" /><path d="M8 15v-4h2V8.500h4V11h2v4z" />`,
} as const;
