import { diagnose } from '../diagnosis/diagnose.ts';
import { printable } from '../report/printable.ts';
import { viewOf } from '../snapshot/cluster-view.ts';
import { redact } from '../snapshot/redact.ts';
import { targetsIn } from '../snapshot/selection.ts';
import type { Coverage, Snapshot } from '../snapshot/snapshot.ts';

/** One part in so many of the time may go into what is told early: the report judges everything once more, with everything there. */
const share = 5;

/** The first findings are something to begin with; all of them are what the report is for. */
const most = 10;

/**
 * Tells while a cluster is being read what is broken for certain in the namespaces that are there whole: one line a Service. What the rest of
 * the cluster could still change is not among it, because to a check what was not read yet is like what nobody may read.
 */
export function earlyFindings(tell: (line: string) => void): (soFar: () => Snapshot | undefined) => void {
  const told = new Set<string>();
  let lines = 0;
  let next = 0;
  return (soFar) => {
    const started = performance.now();
    const snapshot = started < next || lines >= most ? undefined : soFar();
    if (!snapshot) return;
    const fresh = namespacesIn(snapshot).filter((namespace) => !told.has(namespace));
    const view = viewOf(redact(snapshot).snapshot);
    for (const target of fresh.flatMap((namespace) => targetsIn(view, { kind: 'namespace', namespace }))) {
      if (lines >= most) return;
      const [lead] = diagnose(view, { target }).findings;
      if (lead?.impact !== 'breaks' || lead.certainty !== 'certain') continue;
      tell(printable(`${target.namespace}/${target.name}: ${lead.summary}`));
      lines += 1;
    }
    for (const namespace of fresh) told.add(namespace);
    next = performance.now() + (share - 1) * (performance.now() - started);
  };
}

/** Where all Pods were read. */
const namespacesIn = ({ coverage }: Snapshot): readonly string[] =>
  (Array.isArray(coverage) ? (coverage as readonly Coverage[]) : []).flatMap(({ resource, namespaces, state }) =>
    resource === 'pods' && state === 'read' && namespaces !== 'all' ? namespaces : [],
  );
