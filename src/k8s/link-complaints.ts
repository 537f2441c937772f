import { normalKey } from './client-references.ts';
import type { Service } from './objects.ts';
import { linkPrefixOf, serviceLinksOf } from './service-links.ts';

/** One variable that a Service injects. */
export interface ServiceLink {
  readonly source: Service;
  readonly variable: string;
  readonly value: string;
}

/** The injected variables that a failing container complains of, the most probable first. */
export interface Complaint {
  readonly links: readonly [ServiceLink, ...ServiceLink[]];
  /** `likely`: something is wrong with a port, and this is what may be behind it. `possible`: more than one may be. */
  readonly certainty: 'certain' | 'likely' | 'possible';
  /** The line that says so. */
  readonly line: string;
}

export const linksOf = (services: readonly Service[]): readonly ServiceLink[] =>
  services.flatMap((source) => [...serviceLinksOf(source)].map(([variable, value]) => ({ source, variable, value })));

/** NAME_PORT of a Service: the one that apps most often have a setting of the same name for. */
export const isPortLink = ({ source, variable }: ServiceLink): boolean => variable === `${linkPrefixOf(source)}_PORT`;

/**
 * Whom the last words of a container accuse: a variable whose value they quote, one that they name, or one that may be behind a complaint about a port.
 * `names` are those of the app: of its container, image and workload.
 */
export function complaintIn(
  words: string,
  links: readonly ServiceLink[],
  names: readonly string[],
): Complaint | undefined {
  const lines = words
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !ofConnections.test(line));
  return quotedIn(lines, links) ?? namedIn(lines, links) ?? hintedIn(lines, links.filter(isPortLink), names);
}

/** A connection that fails says its address too, and has nothing against it. */
const ofConnections =
  /refused|time(d )?[- ]?out|unreachable|no (such host|route)|reset by peer|denied|in use|\b(dial|connect(ing|ed)? to|listening (on|at))\b/i;

const ofValues =
  /invalid|not (a )?valid|not (an? )?(number|integer|numeric)|\bbad[ _]|illegal|malformed|\bNaN\b|number ?format|pars(e|ing)|out of range|must be|should be|expected|deprecated|convert|literal|wrong|numeric|too many colons/i;

function quotedIn(lines: readonly string[], links: readonly ServiceLink[]): Complaint | undefined {
  for (const line of lines) {
    const quoted = links.filter(({ value }) => value.includes('://') && line.includes(value));
    const named = quoted.filter(({ variable }) => speaks(lines.join('\n'), variable));
    const link = named.find(isPortLink) ?? named[0] ?? quoted.find(isPortLink) ?? quoted[0];
    if (link) return { links: [link], certainty: 'certain', line };
  }
  return undefined;
}

function namedIn(lines: readonly string[], links: readonly ServiceLink[]): Complaint | undefined {
  for (const [index, line] of lines.entries()) {
    const around = lines.slice(Math.max(0, index - 1), index + 2).join('\n');
    if (!ofValues.test(around) || tellsAnotherValue(line)) continue;
    const [link] = links
      .filter(({ variable }) => speaks(line, variable))
      .sort((a, b) => b.variable.length - a.variable.length);
    if (link) return { links: [link], certainty: 'certain', line };
  }
  return undefined;
}

/** A port that is no number: which variable it came from, the words do not say. */
function hintedIn(
  lines: readonly string[],
  links: readonly ServiceLink[],
  names: readonly string[],
): Complaint | undefined {
  for (const line of lines) {
    if (!ofValues.test(line)) continue;
    // The Service was made anew since: another address, the same port.
    const [url, number] = /\b(?:tcp|udp):\/\/(?!0\.0\.0\.0|127\.)[\d.]+:(\d+)/.exec(line) ?? [];
    const scheme = url !== undefined || /["'`[](tcp|udp)["'`\]:]/i.test(line);
    const port = /(?<![a-z])port(?![a-z])/i.test(line) || /[a-z]Port\b/.test(line);
    if (!scheme && (!port || tellsAnotherValue(line))) continue;
    const alike = links.filter(({ value }) => number !== undefined && value.endsWith(`:${number}`));
    const { likely, sure } = suspects(alike.length > 0 ? alike : links, line, names);
    const [first, ...others] = likely;
    if (!first) continue;
    const certainty = sure && (scheme || others.length === 0) ? 'certain' : scheme || sure ? 'likely' : 'possible';
    return { links: [first, ...others], certainty, line };
  }
  return undefined;
}

/** Settings that many apps have, whatever they are called themselves. */
const common =
  /^(SERVER|APP|APPLICATION|HTTP|API|WEB|NODE|SERVICE|BACKEND|FRONTEND|MANAGEMENT|ADMIN|METRICS|GRPC|DB|DATABASE|REDIS|MYSQL|POSTGRES|POSTGRESQL|MONGO|MONGODB|LDAP|SMTP|RABBITMQ)$/;

/**
 * Which of several variables an app may read: one whose Service its words speak of, those that begin as it is called itself (the shortest first,
 * since settings are named after a product, not its parts), those that many apps read. `sure` where there is a reason, or only one.
 */
function suspects(
  links: readonly ServiceLink[],
  line: string,
  names: readonly string[],
): { readonly likely: readonly ServiceLink[]; readonly sure: boolean } {
  const prefix = ({ source }: ServiceLink) => linkPrefixOf(source);
  const spoken = links.filter((link) => speaks(line, prefix(link)));
  if (spoken.length > 0) return { likely: spoken, sure: true };
  const own = names.map(normalKey);
  const related = links
    .filter((link) => own.some((name) => name === prefix(link) || name.startsWith(`${prefix(link)}_`)))
    .sort((a, b) => prefix(a).length - prefix(b).length);
  if (related.length > 0) return { likely: related, sure: true };
  const usual = links.filter((link) => common.test(prefix(link)));
  return { likely: usual.length > 0 ? usual : links, sure: links.length === 1 };
}

const speaks = (text: string, variable: string): boolean => `_${normalKey(text)}_`.includes(`_${variable}_`);

/** Whether a line quotes what it complains of, and that is no injected variable: `invalid port "99999"`. */
function tellsAnotherValue(line: string): boolean {
  if (/tcp|udp/i.test(line)) return false;
  const quoted = [...line.matchAll(/(["'`])([^"'`]+)\1/g)].map(([, , text = '']) => text);
  if (quoted.length > 0 && quoted.every((text) => !/port|number|int|string/i.test(text))) return true;
  return /port\D{0,20}(?!(?:0|1|1024|65535|65536)\b)\d{2,6}\b/i.test(line);
}
