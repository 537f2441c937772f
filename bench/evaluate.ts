import { diagnose } from '../src/diagnosis/diagnose.ts';
import { viewOf } from '../src/snapshot/cluster-view.ts';
import { targetsIn } from '../src/snapshot/selection.ts';
import { causesIn, generatedSnapshot } from './generated/generated-cluster.ts';

/** The evaluation alone: index the Snapshot of a generated cluster, judge every Service. Prints milliseconds of one core and how many were broken. */

const shape = { services: Number(process.argv[2] ?? 2000) };
const snapshot = generatedSnapshot(shape);
// What one core did for it: a neighbour on the machine does not count.
const { user: userBefore, system: systemBefore } = process.threadCpuUsage();
const view = viewOf(snapshot);
let broken = 0;
for (const target of targetsIn(view, { kind: 'everywhere' }))
  if (diagnose(view, { target }).findings.length > 0) broken += 1;
const { user, system } = process.threadCpuUsage();
const milliseconds = (user + system - userBefore - systemBefore) / 1000;
if (broken !== causesIn(shape).size) throw new Error(`${broken} Services have findings, not ${causesIn(shape).size}`);
process.stdout.write(`${JSON.stringify({ milliseconds, broken })}\n`);
