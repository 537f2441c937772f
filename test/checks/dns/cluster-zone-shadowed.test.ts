import check from '../../../src/checks/dns/cluster-zone-shadowed.ts';
import { client, healthy, kubeletConfig, stack, withCorefile, withDns, withObservations } from '../../kit/dns.ts';
import { cluster, objectsIn } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const given = healthy([...stack, kubeletConfig('clusterDomain: cluster.local\n')]);
const block = (extra: string) => withCorefile(given, (text) => `${text}\n${extra}`);
const inside = (extra: string) => withCorefile(given, (text) => text.replace('    ready\n', `    ready\n${extra}\n`));

examples(check, {
  'nothing stands before the plugin': { given, says: 'passed' },
  'a stub domain that is the cluster’s own': {
    given: block('cluster.local:53 {\n    errors\n    cache 30\n    forward . 10.150.0.1\n}\n'),
    says: {
      summary: ['db.demo.svc.cluster.local', 'cluster.local:53 forwards it to 10.150.0.1'],
      certainty: 'certain',
    },
  },
  'a server block for svc.cluster.local': {
    given: block('svc.cluster.local:53 {\n    forward . 8.8.8.8 1.1.1.1\n}\n'),
    says: { summary: ['svc.cluster.local:53', '8.8.8.8'], certainty: 'certain' },
  },
  'a template for the whole zone': {
    given: inside('    template ANY ANY cluster.local {\n        rcode NXDOMAIN\n    }'),
    says: { summary: ['template ANY ANY cluster.local', 'NXDOMAIN'], certainty: 'certain' },
  },
  'a template that answers every A question': {
    given: inside('    template IN A {\n        answer "{{ .Name }} 60 IN A 192.0.2.10"\n    }'),
    says: { summary: ['template IN A', '192.0.2.10'], certainty: 'certain' },
  },
  'hosts without fallthrough': {
    given: inside('    hosts {\n        192.168.1.5 git.example.com\n    }'),
    says: { summary: ['hosts', 'no fallthrough'], certainty: 'certain' },
  },
  'hosts that list the Service': {
    given: inside('    hosts {\n        192.168.1.5 db.demo.svc.cluster.local\n        fallthrough\n    }'),
    says: { summary: ['192.168.1.5'], certainty: 'certain' },
  },
  'a rewrite of its name': {
    given: inside('    rewrite name regex (.*)\\.demo\\.svc\\.cluster\\.local {1}.prod.svc.cluster.local'),
    says: { summary: ['rewrite name regex', 'another name'], certainty: 'certain' },
  },
  'an acl that blocks everyone': {
    given: inside('    acl cluster.local {\n        block\n    }'),
    says: { summary: ['acl'], certainty: 'certain' },
  },
  'only the reverse zone is shadowed': {
    given: block('in-addr.arpa:53 {\n    forward . 8.8.8.8\n}\n'),
    says: 'passed',
  },
  'k3s: hosts with fallthrough, and imports': {
    given: withCorefile(
      given,
      (text) =>
        `${text.replace('    ready\n', '    ready\n    hosts /etc/coredns/NodeHosts {\n      ttl 60\n      reload 15s\n      fallthrough\n    }\n').replace('    loop\n', '    loop\n    import /etc/coredns/custom/*.override\n')}import /etc/coredns/custom/*.server\n`,
    ),
    says: 'passed',
  },
  'stub domains and templates of other zones': {
    given: withCorefile(
      given,
      (text) =>
        `${text.replace('    ready\n', '    ready\n    rewrite stop name exact git.example.com git.tools.svc.cluster.local\n    template IN A example.test {\n      match "^x[.]"\n      answer "{{ .Name }} 60 IN A 192.0.2.1"\n    }\n    hosts extra.hosts corp.example {\n      192.0.2.7 a.corp.example\n    }\n')}consul.local:53 {\n    forward . 10.150.0.1\n}\n`,
    ),
    says: 'passed',
  },
  'a shadow in an imported file': {
    given: {
      ...withCorefile(given, (text) => `${text}import /etc/coredns/custom/*.server\n`),
      objects: [
        ...withCorefile(given, (text) => `${text}import /etc/coredns/custom/*.server\n`).objects,
        ...objectsIn(
          'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: coredns-custom, namespace: kube-system }\ndata:\n  corp.server: |\n    demo.svc.cluster.local:53 {\n        forward . 10.0.0.9\n    }\n',
        ),
      ],
    },
    says: {
      summary: ['demo.svc.cluster.local:53 of the imported corp.server', '10.0.0.9'],
      certainty: 'certain',
      evidence: ['data.corp.server block demo.svc.cluster.local:53 line 2'],
    },
  },
  'kube-dns with the cluster’s zone as a stub domain': {
    given: withDns(given, (object) => {
      if (object.data?.['Corefile'] === undefined) return;
      object.metadata.name = 'kube-dns';
      object.data = { stubDomains: '{"cluster.local": ["10.0.0.5"], "acme.local": ["1.2.3.4"]}' };
    }),
    says: { summary: ['stub domain cluster.local', '10.0.0.5'], certainty: 'certain' },
  },
  'kube-dns with another stub domain': {
    given: withDns(given, (object) => {
      if (object.data?.['Corefile'] === undefined) return;
      object.metadata.name = 'kube-dns';
      object.data = { stubDomains: '{"acme.local": ["1.2.3.4"]}' };
    }),
    says: 'not-applicable',
  },
  'AAAA is denied, and nobody was seen to mind': {
    given: template('NXDOMAIN'),
    says: {
      summary: ['template ANY AAAA', 'with NXDOMAIN', 'A question is answered'],
      certainty: 'certain',
      impact: 'risks',
    },
  },
  'AAAA is denied, as an answer shows': {
    given: withObservations(template('NXDOMAIN'), {
      kind: 'Lookup',
      from: { portForward: true },
      server: { clusterDNS: true },
      transport: 'tcp',
      name: 'db.demo.svc.cluster.local',
      type: 'AAAA',
      outcome: 'NXDOMAIN',
    }),
    from: 'demo/Deployment/api',
    says: { summary: ['AAAA'], certainty: 'certain', impact: 'degrades', evidence: ['NXDOMAIN over tcp'] },
  },
  'AAAA is denied to a client on Alpine': {
    given: template('NXDOMAIN', cluster(client({}, undefined, 'alpine:3.22'))),
    from: 'demo/Deployment/api',
    says: { summary: ['AAAA'], certainty: 'certain', impact: 'breaks', evidence: ['alpine:3.22'] },
  },
  'AAAA has no data, as it should be said': { given: template('NOERROR'), says: 'passed' },
});

function template(rcode: string, of = healthy()) {
  return withCorefile(of, (text) =>
    text.replace('    ready\n', `    ready\n    template ANY AAAA {\n       rcode ${rcode}\n    }\n`),
  );
}
