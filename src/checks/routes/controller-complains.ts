import { eventsAbout, textOf, timesSeen } from '../../k8s/events.ts';
import { addressesOf, ingressesTo } from '../../k8s/ingress.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'routes/controller-complains',
  title: 'The ingress controller refuses the Ingress',
  why: 'Controllers tell in Warning events on the Ingress what they cannot fulfil: a certificate, a subnet, a Service of the wrong type, an annotation they do not accept. Until then they serve the old state or nothing.',
  impact: 'breaks',
  needs: ['target', 'ingresses', 'events'],
  evaluate({ target, ingresses, events }) {
    const own = ingressesTo(target, ingresses);
    if (own.length === 0) return notApplicable(`no Ingress of ${target.namespace} names it`);
    const warnings = own.flatMap((ingress) =>
      eventsAbout(ingress, events)
        .filter(({ type }) => type === 'Warning')
        .map((event) => ({ ingress, event })),
    );
    const [first] = warnings;
    if (!first) return passed('no Warning event stands on the Ingress');
    const { ingress, event } = first;
    const said = textOf(event).replaceAll(/\s+/g, ' ').trim();
    const serves = addressesOf(ingress).length > 0;
    return problem({
      certainty: serves ? 'possible' : 'likely',
      ...(serves ? { impact: 'risks' as const } : {}),
      summary: `${event.reason ?? 'Warning'} on Ingress ${ingress.metadata.name}: ${said.length > 150 ? `${said.slice(0, 150)}…` : said}`,
      evidence: allOf([
        ...warnings
          .slice(0, 4)
          .map((each) =>
            evidence(
              each.ingress,
              `event ${each.event.reason ?? 'Warning'}`,
              `${textOf(each.event)} (seen ${timesSeen(each.event)} times)`,
            ),
          ),
        evidence(ingress, 'status.loadBalancer', addressesOf(ingress).join(', ') || 'no address'),
      ]),
      confirm: [
        confirm(
          kubectl('events', '-n', target.namespace, '--for', `ingress/${ingress.metadata.name}`, '--types=Warning'),
          event.reason ?? 'a Warning',
        ),
      ],
      fix: { explain: 'Change what the event names; the controller tries again by itself.' },
    });
  },
});
