import check from '../../../src/checks/dns/corefile-invalid.ts';
import { crashed, healthy, logOf, withCorefile, withDnsPods, withObservations } from '../../kit/dns.ts';
import { examples } from '../../kit/examples.ts';

const given = healthy();
const proxied = (text: string) => text.replace('forward . /etc/resolv.conf', 'proxy . /etc/resolv.conf');
const down = withDnsPods(given, crashed(1));

examples(check, {
  'the log names the directive': {
    given: withObservations(
      down,
      logOf(down, "/etc/coredns/Corefile:13 - Error during parsing: Unknown directive 'proxy'"),
    ),
    says: { summary: ["Unknown directive 'proxy'", 'CrashLoopBackOff'], certainty: 'certain' },
  },
  'nobody read a log, but the Corefile shows it': {
    given: withCorefile(down, proxied),
    says: {
      summary: ["line 13: Unknown directive 'proxy'"],
      certainty: 'certain',
      evidence: ['configmap/coredns data.Corefile line 13'],
    },
  },
  'a brace is missing': {
    given: withCorefile(down, (text) => text.replace(/\}\n$/, '')),
    says: { summary: ['closing brace is missing'], certainty: 'certain' },
  },
  'an option that was removed': {
    given: withObservations(
      down,
      logOf(down, "plugin/kubernetes: /etc/coredns/Corefile:9 - Error during parsing: unknown property 'upstream'"),
    ),
    says: { summary: ["unknown property 'upstream'"], certainty: 'certain' },
  },
  'the status keeps the last words': {
    given: withCorefile(
      withDnsPods(
        given,
        crashed(
          1,
          'Error',
          "plugin/kubernetes: /etc/coredns/Corefile:9 - Error during parsing: unknown property 'upstream'\n",
        ),
      ),
      (text) => text.replace('pods insecure\n', 'pods insecure\n       upstream\n'),
    ),
    says: {
      summary: ["Corefile:9 - Error during parsing: unknown property 'upstream')"],
      certainty: 'certain',
      evidence: ['lastState.terminated.message: plugin/kubernetes', 'configmap/coredns data.Corefile line 9: upstream'],
      patchCannotShow: 'the Pods keep their last words until they start again',
    },
  },
  'the status keeps an unknown directive': {
    given: withCorefile(
      withDnsPods(given, crashed(1, 'Error', "Corefile:16 - Error during parsing: Unknown directive 'relaod'")),
      (text) => text.replace('reload', 'relaod'),
    ),
    says: {
      summary: ["Unknown directive 'relaod'"],
      certainty: 'certain',
      evidence: ['configmap/coredns data.Corefile line 16: relaod'],
    },
  },
  'the Corefile was changed since': {
    given: withDnsPods(given, crashed(1, 'Error', "Corefile:16 - Error during parsing: Unknown directive 'relaod'")),
    says: { summary: ["Unknown directive 'relaod'"], certainty: 'certain' },
  },
  'a directive that only this build knows, and it serves': { given: withCorefile(given, proxied), says: 'passed' },
  'out of memory with a valid file': { given: withDnsPods(given, crashed(137, 'OOMKilled')), says: 'passed' },
});
