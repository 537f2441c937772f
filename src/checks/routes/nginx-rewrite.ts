import { pointerTo } from '../../k8s/field-paths.ts';
import { isNginx } from '../../k8s/ingress-controllers.ts';
import { formatIngressPath, pathsTo } from '../../k8s/ingress.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

const rewriteAnnotation = 'nginx.ingress.kubernetes.io/rewrite-target';

export default defineCheck({
  id: 'routes/nginx-rewrite',
  title: 'The rewrite of the Ingress loses the path',
  why: 'Since 0.22 rewrite-target of ingress-nginx replaces the whole path; what is to be kept must be caught by a group of the path and named as $1 or $2. Without it every request reaches the backend under one and the same path.',
  impact: 'degrades',
  needs: ['service', 'ingresses', 'ingressClasses'],
  evaluate({ service, ingresses, ingressClasses }) {
    const { namespace = '' } = service.metadata;
    const paths = pathsTo(service.metadata, ingresses).filter(({ ingress }) => isNginx(ingress, ingressClasses));
    const rewritten = paths.filter(({ ingress }) => ingress.metadata.annotations?.[rewriteAnnotation] !== undefined);
    if (rewritten.length === 0) return notApplicable('no Ingress of ingress-nginx rewrites the path to it');
    for (const entry of rewritten) {
      const { ingress, path = '/', pathType } = entry;
      const target = ingress.metadata.annotations?.[rewriteAnnotation] ?? '';
      const wanted = Math.max(0, ...[...target.matchAll(/\$(\d)/g)].map(([, digit]) => Number(digit)));
      const groups = (path.match(/\((?!\?)/g) ?? []).length;
      const lost = wanted > groups;
      const flattens = wanted === 0 && groups === 0 && path !== '/' && pathType !== 'Exact';
      if (!lost && !flattens) continue;
      const base = path.replace(/\(.*$/, '').replace(/\/$/, '');
      return problem({
        certainty: lost ? 'certain' : 'possible',
        ...(lost ? {} : { impact: 'risks' as const }),
        summary: lost
          ? `rewrite-target ${target} of Ingress ${ingress.metadata.name} names group $${wanted}, and the path ${path} has ${groups === 0 ? 'no group' : `only ${groups}`}`
          : `rewrite-target ${target} of Ingress ${ingress.metadata.name} turns every request below ${path} into ${target}`,
        evidence: allOf([
          evidence(ingress, `metadata.annotations["${rewriteAnnotation}"]`, target),
          evidence(ingress, entry.field.replace(/backend$/, 'path'), `${path} (${formatIngressPath(entry)})`),
        ]),
        confirm: [
          confirm(
            kubectl('get', 'ingress', ingress.metadata.name, '-n', namespace, '-o', 'yaml'),
            `${rewriteAnnotation}: ${target} beside path: ${path}`,
          ),
        ],
        fix: {
          explain: `Catch the rest of the path and name it: path ${base}(/|$)(.*) with pathType ImplementationSpecific, and rewrite-target /$2.`,
          patch: {
            object: ingress,
            type: 'json',
            body: [
              {
                op: 'replace',
                path: '/metadata/annotations/nginx.ingress.kubernetes.io~1rewrite-target',
                value: '/$2',
              },
              ...rewritten
                .filter((each) => each.ingress === ingress && !/\(.*\(/.test(each.path ?? '/'))
                .flatMap((each) => {
                  const at = pointerTo(each.field.replace(/\.backend$/, ''));
                  const prefix = (each.path ?? '/').replace(/\(.*$/, '').replace(/\/$/, '');
                  return [
                    { op: 'add', path: `${at}/path`, value: `${prefix}(/|$)(.*)` },
                    { op: 'add', path: `${at}/pathType`, value: 'ImplementationSpecific' },
                  ];
                }),
            ],
          },
        },
      });
    }
    return passed('what a rewrite names is caught by its path');
  },
});
