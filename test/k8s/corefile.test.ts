import { describe, expect, test } from 'vitest';
import {
  formatBlock,
  kubernetesPluginsIn,
  lineNamedIn,
  linesOf,
  optionOf,
  parseCorefile,
} from '../../src/k8s/corefile.ts';

const kubeadm = `.:53 {
    errors
    health {
       lameduck 5s
    }
    kubernetes cluster.local in-addr.arpa ip6.arpa {   # the cluster
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    loop
}
`;

describe('parseCorefile', () => {
  test('reads blocks, plugins, their arguments and options, with lines', () => {
    const { blocks, error } = parseCorefile(kubeadm);
    expect(error).toBeUndefined();
    expect(blocks.map(formatBlock)).toEqual(['.:53']);
    expect(blocks[0]?.plugins.map(({ name, line }) => `${name}@${line}`)).toEqual([
      'errors@2',
      'health@3',
      'kubernetes@6',
      'forward@11',
      'loop@14',
    ]);
    expect(linesOf(parseCorefile(kubeadm), 'forward')).toEqual(['line 11: forward . /etc/resolv.conf']);
    expect(optionOf(kubernetesPluginsIn({ blocks, error, unknownImports: [] })[0]?.plugin ?? never, 'pods')).toEqual([
      'insecure',
    ]);
  });

  test('takes several zones, ports and transports apart', () => {
    const { blocks } = parseCorefile(
      'example.org:1053, dns://Example.NET {\n  whoami\n}\ntls://. {\n whoami\n}\ncluster.local\nerrors\n',
    );
    expect(blocks.map(formatBlock)).toEqual(['example.org:1053 example.net:53', 'cluster.local:53']);
  });

  test('puts snippets and imported files in place', () => {
    const text =
      '(common) {\n  errors\n  cache 30\n}\n. {\n  import common\n  import custom/*.override\n}\nimport custom/*.server\nimport unknown.conf\n';
    const { blocks, unknownImports } = parseCorefile(text, (pattern) =>
      pattern.endsWith('.override')
        ? [{ file: 'more.override', text: 'log' }]
        : pattern.endsWith('.server')
          ? [{ file: 'corp.server', text: 'corp.example:53 {\n  forward . 10.0.0.1\n}' }]
          : undefined,
    );
    expect(blocks.map((block) => `${formatBlock(block)} ${block.plugins.map(({ name }) => name).join(',')}`)).toEqual([
      '.:53 errors,cache,log',
      'corp.example:53 forward',
    ]);
    expect(blocks.map(({ file, line }) => `${file} ${line}`)).toEqual(['undefined 5', 'corp.server 1']);
    expect(blocks[0]?.plugins.map(({ file }) => file)).toEqual([undefined, undefined, 'more.override']);
    expect(unknownImports).toEqual(['unknown.conf']);
  });

  test('quoted words may hold spaces, braces and line breaks', () => {
    const { blocks, error } = parseCorefile(
      '. {\n  template IN A {\n    answer "{{ .Name }} 60 IN A 192.0.2.1"\n    match "a\nb"\n  }\n}\n',
    );
    expect(error).toBeUndefined();
    expect(blocks[0]?.plugins[0]?.body).toEqual([
      ['answer', '{{ .Name }} 60 IN A 192.0.2.1'],
      ['match', 'a\nb'],
    ]);
  });

  test.each([
    ['. {\n  proxy . 8.8.8.8\n}\n', 2, "Unknown directive 'proxy'"],
    ['. {\n  errors\n', 1, 'Unexpected EOF: a closing brace is missing'],
    ['. {\n  errors\n}\n}\n', 4, "Unexpected '}' because no matching opening brace"],
    ['. {\n  import custom/one.conf\n}\n', 2, 'File to import not found: custom/one.conf'],
    ['(a) {\n  import a\n}\n. {\n  import a\n}\n', 2, 'maximum snippet import depth exceeded'],
  ])('refuses %j', (text, line, message) => {
    expect(parseCorefile(text, () => []).error).toMatchObject({ line, message });
  });
});

describe('lineNamedIn', () => {
  const text = '.:53 {\n    errors\n    relaod\n}\n';
  test.each([
    ["/etc/coredns/Corefile:3 - Error during parsing: Unknown directive 'relaod'", { number: 3, text: '    relaod' }],
    ["/etc/coredns/Corefile:2 - Error during parsing: Unknown directive 'relaod'", undefined],
    ["/etc/coredns/Corefile:30 - Error during parsing: Unknown directive 'relaod'", undefined],
    ['Listen: listen tcp :53: bind: permission denied', undefined],
  ])('%s', (complaint, line) => expect(lineNamedIn(complaint, text)).toEqual(line));
});

const never = { name: '', args: [], body: [], line: 0 };
