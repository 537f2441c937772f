import check from '../../../src/checks/routes/gateway-not-programmed.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { gateway, gatewayClass, route } from '../../kit/edge.ts';
import { examples } from '../../kit/examples.ts';

const target = 'demo/web';
const web = [...workload({ name: 'web' }), service({ name: 'web' })];
const accepted = { type: 'Accepted', status: 'True' as const, reason: 'Accepted' };
const silent = route({ conditions: null });

examples(check, {
  'the class does not exist': {
    target,
    given: cluster([...web, gatewayClass('envoy-gateway'), gateway({}, null), silent]),
    says: {
      summary: ['infra/edge', 'GatewayClass envoy does not exist'],
      certainty: 'certain',
      impact: 'breaks',
      evidence: ['available: envoy-gateway'],
      patchCannotShow: 'the controller has yet to write a status',
    },
  },
  'nobody has accepted the class': {
    target,
    given: cluster([...web, gatewayClass('envoy', 'Unknown'), gateway({}, {}), silent]),
    says: { summary: ['not accepted', 'Pending'], certainty: 'likely' },
  },
  'no address can be had': {
    target,
    given: cluster([
      ...web,
      gatewayClass(),
      gateway(
        {},
        {
          conditions: [
            accepted,
            { type: 'Programmed', status: 'False', reason: 'AddressNotAssigned', message: 'no address' },
          ],
        },
      ),
      route(),
    ]),
    says: { summary: ['AddressNotAssigned'], certainty: 'certain' },
  },
  'the certificate of a listener is missing': {
    target,
    given: cluster([
      ...web,
      gatewayClass(),
      gateway(
        { name: 'https', protocol: 'HTTPS', port: 443 },
        {
          conditions: [accepted, { type: 'Programmed', status: 'False', reason: 'Invalid' }],
          listeners: [
            { name: 'https', conditions: [{ type: 'ResolvedRefs', status: 'False', reason: 'InvalidCertificateRef' }] },
          ],
        },
      ),
      route(),
    ]),
    says: { summary: ['InvalidCertificateRef', 'listener https'], certainty: 'certain' },
  },
  'the certificate is in a namespace that does not allow it': {
    target,
    given: cluster([
      ...web,
      gatewayClass(),
      gateway(
        {
          name: 'https',
          protocol: 'HTTPS',
          port: 443,
          tls: { certificateRefs: [{ name: 'wildcard', namespace: 'certs' }] },
        },
        {
          conditions: [accepted, { type: 'Programmed', status: 'True', reason: 'Programmed' }],
          listeners: [
            {
              name: 'https',
              conditions: [
                { type: 'Programmed', status: 'False', reason: 'Invalid' },
                { type: 'ResolvedRefs', status: 'False', reason: 'RefNotPermitted' },
              ],
            },
          ],
        },
      ),
      route(),
    ]),
    says: { summary: ['listener https', 'Secret certs/wildcard', 'ReferenceGrant'], certainty: 'certain' },
  },
  'the one listener that the route names has no certificate': {
    target,
    given: cluster([
      ...web,
      gatewayClass(),
      gateway(
        { name: 'https', protocol: 'HTTPS', port: 443 },
        {
          conditions: [accepted, { type: 'Programmed', status: 'True', reason: 'Programmed' }],
          listeners: [
            { name: 'http', conditions: [accepted] },
            { name: 'https', conditions: [{ type: 'ResolvedRefs', status: 'False', reason: 'RefNotPermitted' }] },
          ],
        },
      ),
      route({ parent: { sectionName: 'https' } }),
    ]),
    says: { summary: ['RefNotPermitted', 'listener https'], certainty: 'certain' },
  },
  'no controller has written anything': {
    target,
    given: cluster([...web, gatewayClass(), gateway({}, null), silent]),
    says: { summary: ['no controller has written a status'], certainty: 'likely' },
  },
  'the class is gone, and the Gateway is still served': {
    target,
    given: cluster([...web, gateway(), route()]),
    says: { summary: ['does not exist'], certainty: 'possible', impact: 'risks' },
  },
  'it is served': { target, given: cluster([...web, gatewayClass(), gateway(), route()]), says: 'passed' },
  'no route': { target, given: cluster([...web, gatewayClass(), gateway()]), says: 'not-applicable' },
});
