import { diagnose } from '../src/diagnosis/diagnose.ts';
import { viewOf } from '../src/snapshot/cluster-view.ts';
import { targetsIn } from '../src/snapshot/selection.ts';
import { causesIn, generatedSnapshot } from './generated/generated-cluster.ts';

/** The evaluation alone: index the Snapshot of a generated cluster, judge every Service. Prints milliseconds and how many were broken. */

const shape = { services: Number(process.argv[2] ?? 2000) };
const snapshot = generatedSnapshot(shape);
const started = performance.now();
const view = viewOf(snapshot);
let broken = 0;
for (const target of targetsIn(view, { kind: 'everywhere' }))
  if (diagnose(view, { target }).findings.length > 0) broken += 1;
const milliseconds = performance.now() - started;
if (broken !== causesIn(shape).size) throw new Error(`${broken} Services have findings, not ${causesIn(shape).size}`);
process.stdout.write(`${JSON.stringify({ milliseconds, broken })}\n`);
