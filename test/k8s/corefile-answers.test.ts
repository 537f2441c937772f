import { describe, expect, test } from 'vitest';
import { whoAnswers } from '../../src/k8s/corefile-answers.ts';
import { parseCorefile } from '../../src/k8s/corefile.ts';

const answered = (text: string, name = 'db.demo.svc.cluster.local', type: 'A' | 'AAAA' = 'A'): string => {
  const settled = whoAnswers(parseCorefile(text), name, type);
  if (settled.by === 'kubernetes') return `kubernetes ${settled.zone} ${settled.name}`;
  if (settled.by === 'forward') return `forward ${settled.to.join(' ')}`;
  return settled.by === 'plugin' ? `${settled.at.plugin.name}: ${settled.answer}` : 'nobody';
};
const root = (plugins: string) => `. {\n${plugins}\n}\n`;
const kubernetes = 'kubernetes cluster.local in-addr.arpa {\n fallthrough in-addr.arpa\n}';

describe('whoAnswers', () => {
  test('the kubernetes plugin, whatever the order of lines', () => {
    expect(answered(root(`forward . 8.8.8.8\n${kubernetes}`))).toBe(
      'kubernetes cluster.local db.demo.svc.cluster.local',
    );
    expect(answered(root(`forward . 8.8.8.8\n${kubernetes}`), 'example.com')).toBe('forward 8.8.8.8');
  });

  test('the block with the longest zone', () => {
    const text = `${root(kubernetes)}demo.svc.cluster.local {\n forward . 10.0.0.1\n}\n`;
    expect(answered(text)).toBe('forward 10.0.0.1');
    expect(answered(text, 'db.prod.svc.cluster.local')).toBe('kubernetes cluster.local db.prod.svc.cluster.local');
  });

  test('nobody, where no block or no plugin takes it', () => {
    expect(answered('example.org {\n whoami\n}\n')).toBe('nobody');
    expect(answered(root('cache 30'))).toBe('nobody');
  });

  test('hosts and template stand before kubernetes, file after it', () => {
    expect(answered(root(`hosts {\n 10.0.0.5 x.example\n}\n${kubernetes}`))).toContain('hosts: answers SERVFAIL');
    expect(answered(root(`hosts {\n 10.0.0.5 x.example\n fallthrough\n}\n${kubernetes}`))).toContain('kubernetes');
    expect(answered(root(`hosts /etc/hosts corp.example {\n}\n${kubernetes}`))).toContain('kubernetes');
    expect(answered(root(`file /db.cluster cluster.local\n${kubernetes}`))).toContain('kubernetes');
    expect(answered(root('file /db.cluster cluster.local'))).toContain('file');
  });

  test('a template answers its own type, and passes others on', () => {
    const text = root(`template IN AAAA {\n rcode NXDOMAIN\n}\n${kubernetes}`);
    expect(answered(text)).toContain('kubernetes');
    expect(answered(text, 'db.demo.svc.cluster.local', 'AAAA')).toBe('template: answers NXDOMAIN without data');
    expect(answered(root(`template IN A {\n match ^x[.]\n}\n${kubernetes}`))).toContain('SERVFAIL');
    expect(answered(root(`template IN A {\n match ^x[.]\n fallthrough\n}\n${kubernetes}`))).toContain('kubernetes');
  });

  test.each([
    ['rewrite name db.demo.svc.cluster.local other.demo.svc.cluster.local', 'other.demo.svc.cluster.local'],
    ['rewrite stop name exact x.example db.demo.svc.cluster.local', 'db.demo.svc.cluster.local'],
    ['rewrite name suffix .demo.svc.cluster.local .prod.svc.cluster.local', 'db.prod.svc.cluster.local'],
    ['rewrite name prefix db cache', 'cache.demo.svc.cluster.local'],
    ['rewrite name substring demo prod', 'db.prod.svc.cluster.local'],
    [String.raw`rewrite name regex (.*)\.demo\.(.*) {1}.prod.{2}`, 'db.prod.svc.cluster.local'],
    ['rewrite {\n name exact a.example b.example\n}', 'db.demo.svc.cluster.local'],
    ['rewrite type ANY HINFO', 'db.demo.svc.cluster.local'],
  ])('%s', (rule, name) => {
    expect(answered(root(`${rule}\n${kubernetes}`))).toBe(`kubernetes cluster.local ${name}`);
  });

  test('an acl for everyone blocks, one for a network does not', () => {
    expect(answered(root(`acl {\n block type A net *\n}\n${kubernetes}`))).toContain('acl');
    expect(answered(root(`acl {\n allow net 10.0.0.0/8\n block\n}\n${kubernetes}`))).toContain('kubernetes');
    expect(answered(root(`acl {\n block net 192.168.0.0/16\n}\n${kubernetes}`))).toContain('kubernetes');
  });

  test('without a zone the plugin serves the root, where names of Services mean nothing', () => {
    expect(answered(root('kubernetes'))).toBe('kubernetes  db.demo.svc.cluster.local');
    expect(answered(root('kubernetes {\n fallthrough\n}\nforward . 8.8.8.8'))).toBe('forward 8.8.8.8');
  });
});
