import { layers, type Layer } from '../checks/define.ts';
import { isBlind, withConsequences } from '../diagnosis/failure.ts';
import { layerOf } from '../diagnosis/rank.ts';
import type { CheckResult, Finding, Report } from '../diagnosis/report.ts';

/** One station of a packet, and how it stands. */
export interface Station {
  readonly layer: Layer;
  /** `notReached`: nothing gets so far. `unknown`: not all could be looked at. */
  readonly state: 'passed' | 'found' | 'notReached' | 'unknown';
  readonly detail: string;
  /** The worst that was found there. */
  readonly finding?: Finding;
}

/** Stations that each packet to a Service with Pods must pass. */
const reachedLayers: readonly Layer[] = ['selector', 'endpoints', 'ports'];
const coreLayers: readonly Layer[] = ['name', 'dns', 'selector', 'endpoints', 'ports'];

/** Where only a probe can give the last word, and its absence is worth a word of its own. */
const probedLayers: readonly Layer[] = ['dns', 'ports'];

/** The stations of a packet, in its order; those that have nothing to say are left out. */
export const stationsOf = (report: Report): readonly Station[] =>
  layers.flatMap((layer) => {
    const results = report.checks.filter(({ id }) => layerOf(id) === layer);
    return stationOf(layer, results, report) ?? [];
  });

function stationOf(layer: Layer, results: readonly CheckResult[], report: Report): Station | undefined {
  const worst = withConsequences(report.findings).find(({ id }) => layerOf(id) === layer);
  if (worst) return { layer, state: 'found', detail: worst.title, finding: worst };
  const blind = results.find(isBlind);
  const [lead] = results;
  // What the lead check of a station has nothing to say about was not reached, whatever the finer ones found in passing.
  if (lead?.outcome === 'not-applicable' && reachedLayers.includes(layer))
    return { layer, state: 'notReached', detail: lead.detail };
  const passed = results.find(({ outcome }) => outcome === 'passed');
  const unasked =
    probedLayers.includes(layer) && results.some(({ because }) => because === 'not-asked') ? ' (not probed)' : '';
  if (layer === 'client' && report.from === undefined) return undefined;
  if (passed && !blind) return { layer, state: 'passed', detail: `${passed.detail}${unasked}` };
  if (blind) {
    const detail = passed ? `${passed.detail}; not all was seen: ${blind.detail}` : blind.detail;
    return { layer, state: 'unknown', detail };
  }
  return lead && coreLayers.includes(layer) ? { layer, state: 'notReached', detail: lead.detail } : undefined;
}
