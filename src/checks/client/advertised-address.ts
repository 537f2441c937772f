import { addressesIn, normalKey } from '../../k8s/client-references.ts';
import { settingsOf, type Setting } from '../../k8s/client-settings.ts';
import { isLoopbackHost } from '../../k8s/leads.ts';
import type { PodSpec } from '../../k8s/objects.ts';
import { podsSelectedBy } from '../../k8s/pods.ts';
import { editOf, nameOfSetting, shownSetting } from '../../k8s/setting-edits.ts';
import { topOwnerOf } from '../../k8s/workloads.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'client/advertised-address',
  title: 'The server tells its clients to connect to localhost',
  why: 'Kafka and its kin answer the first request with the address for all further ones. Where that is localhost, clients of other Pods reach the server once and then look for it in their own Pod.',
  impact: 'breaks',
  needs: ['service', 'pods'],
  uses: ['workloads'],
  evaluate({ service, pods, workloads = [] }) {
    const { name, namespace = '' } = service.metadata;
    const [pod] = podsSelectedBy(service, pods);
    if (!pod) return notApplicable('no Pod is behind the Service');
    if (!mentionsAdvertising(pod.spec)) return passed('the server advertises no address of its own Pod');
    const object = topOwnerOf(pod, workloads) ?? pod;
    const told = settingsOf({ object, spec: pod.spec, namespace }).filter(({ key }) => isAdvertised(key));
    const wrong = told.filter(({ value, key }) => {
      const hosts = addressesIn(value.replaceAll(/[A-Z_]+:\/\//g, ' '), key);
      return hosts.length > 0 && hosts.every(({ host }) => isLoopbackHost(host));
    });
    const [first] = wrong;
    if (!first) return passed('the server advertises no address of its own Pod');
    const right = `${name}.${namespace}.svc.cluster.local`;
    return problem({
      certainty: 'likely',
      summary: `${nameOfSetting(first)} of ${object.metadata.name} is ${first.value}: clients of ${name} are sent to their own Pod after the first answer`,
      evidence: allOf(wrong.map(shown)),
      confirm: [
        confirm(
          kubectl('get', object.kind.toLowerCase(), object.metadata.name, '-n', namespace, '-o', 'yaml'),
          `${first.key} with localhost`,
        ),
      ],
      fix: {
        explain: `Advertise ${name}.${namespace}, or the full name ${right}, in ${nameOfSetting(first)}.`,
        ...editOf(
          first,
          first.written.replaceAll(/localhost|127\.0\.0\.1|0\.0\.0\.0/g, `${name}.${namespace}`),
          object,
        ),
      },
    });
  },
});

/** Most servers have nothing of the sort in their settings, which need not be read then. */
const mentionsAdvertising = ({ containers, initContainers = [] }: PodSpec): boolean =>
  [...containers, ...initContainers].some(
    ({ env = [], command = [], args = [] }) =>
      env.some(({ name }) => /advertise/i.test(name)) || [...command, ...args].some((word) => /advertise/i.test(word)),
  );

const isAdvertised = (key: string): boolean =>
  /(^|_)ADVERTISED_(LISTENERS?|HOST(_?NAME)?|ADDR(ESS)?|KAFKA_ADDR|URL)$/.test(normalKey(key)) ||
  /(^|_)ADVERTISE_(HOST|ADDR(ESS)?)$/.test(normalKey(key));

const shown = (setting: Setting) => {
  const { path, saw } = shownSetting(setting);
  return evidence(setting.object, path, saw);
};
