import { diagnose } from '../../diagnosis/diagnose.ts';
import { readSnapshot } from '../../snapshot/file.ts';
import { viewOf } from '../../snapshot/cluster-view.ts';
import { UserError } from '../../snapshot/user-error.ts';
import type { CheckOptions } from '../check-command.ts';
import { parseClient, parseTarget } from '../targets.ts';

export async function runCheck(targets: readonly string[], options: CheckOptions): Promise<number> {
  if (!options.snapshot) throw new UserError('not-yet', 'give --snapshot FILE');
  const view = viewOf(await readSnapshot(options.snapshot, process.stdin));
  const namespace = options.namespace ?? 'default';
  const client = options.from ? parseClient(options.from, namespace) : undefined;
  const reports = targets.map((target) =>
    diagnose(view, { target: parseTarget(target, namespace), ...(client ? { client } : {}) }),
  );
  process.stdout.write(
    `${JSON.stringify(reports.length === 1 ? reports[0] : { apiVersion: 'svcdoctor/v1', kind: 'ReportList', items: reports }, null, 2)}\n`,
  );
  return reports.some(({ verdict }) => verdict === 'broken' || verdict === 'degraded') ? 1 : 0;
}
