import type { Finding, Report, SourceLine } from '../diagnosis/report.ts';
import type { Pod, Workload } from '../k8s/objects.ts';
import { formatRef, refTo } from '../k8s/references.ts';
import type { Manifest } from '../snapshot/manifests.ts';

/** A report whose evidence points at lines of the files, and whose fixes are changes to them; what was seen on a Pod that nobody has made yet stands in its workload's template. */
export function located(report: Report, manifests: readonly Manifest[], makerOf: ReadonlyMap<Pod, Workload>): Report {
  const [home = ''] = report.target.split('/');
  const byRef = new Map(manifests.map((manifest) => [formatRef(refTo(manifest.object), home), manifest]));
  const templates = new Map(
    [...makerOf].map(([pod, workload]) => [formatRef(refTo(pod), home), formatRef(refTo(workload), home)]),
  );
  const service = byRef.get(`service/${report.target.slice(home.length + 1)}`);
  const placed = (finding: Finding): Finding => ({
    ...finding,
    evidence: finding.evidence
      .map((seen) => {
        const workload = templates.get(seen.object);
        const object = workload ?? seen.object;
        const path = workload === undefined ? seen.path : inTemplate(workload, seen.path);
        const manifest = byRef.get(object) ?? (object.startsWith('endpointslice/') ? service : undefined);
        return { ...seen, object, path, ...(manifest ? { source: sourceOf(manifest, path) } : {}) };
      })
      // What several Pods show, or a Pod and its template, the template says once.
      .filter(
        ({ object, path }, index, all) =>
          !templates.has(finding.evidence[index]?.object ?? '') ||
          all.findIndex((other) => other.object === object && other.path === path) === index,
      ),
    // What is in the files is mended there: a command to a cluster would be undone by the next deploy.
    fix: { ...finding.fix, commands: [] },
    consequences: finding.consequences.map(placed),
  });
  return {
    ...report,
    findings: report.findings.map(placed),
    ...(report.service && service
      ? { service: { ...report.service, source: sourceOf(service, 'metadata.name') } }
      : {}),
  };
}

const sourceOf = (manifest: Manifest, path: string): SourceLine => ({
  file: manifest.file,
  line: manifest.lineOf(path),
});

const inTemplate = (workload: string, path: string): string =>
  /^(metadata|spec)\b/.test(path)
    ? `${workload.includes('cronjob/') ? 'spec.jobTemplate.' : ''}spec.template.${path}`
    : path;
