import { describe, expect, test } from 'vitest';
import { complaintIn, linksOf } from '../../src/k8s/link-complaints.ts';
import { service } from '../kit/cluster.ts';

const at = (name: string, clusterIP: string, port = 80) => service({ name, ports: [{ port }], spec: { clusterIP } });
const links = linksOf([at('dify-api', '10.96.0.2'), at('dify', '10.96.0.1'), at('redis', '10.96.0.3', 6379)]);
const accused = (words: string, ...names: readonly string[]) => {
  const found = complaintIn(words, links, names);
  return found && [found.certainty, ...found.links.map(({ variable }) => variable)].join(' ');
};

describe('which injected variable a container complains of', () => {
  test.each([
    ['For input string: "tcp://10.96.0.3:6379"', 'certain REDIS_PORT'],
    ['unable to parse REDIS_PORT as a number', 'certain REDIS_PORT'],
    ["FATAL CONFIG FILE ERROR\n>>> 'port tcp://10.96.0.3:6379'", 'certain REDIS_PORT'],
    ['strconv.Atoi: parsing "tcp://10.43.9.9:6379": invalid syntax', 'certain REDIS_PORT'],
    ["'tcp' is not a valid port number", 'certain DIFY_PORT DIFY_API_PORT'],
    ['invalid port', 'likely DIFY_PORT DIFY_API_PORT'],
    ['port is deprecated, please use REDIS_LISTENERS', 'certain REDIS_PORT'],
  ])('%s', (words, expected) => {
    expect(accused(words, 'dify-api')).toBe(expected);
  });

  test.each([
    'dial tcp 10.96.0.3:6379: connection refused',
    'mqtt: tcp://10.96.0.3:6379: i/o timeout',
    'Listening on tcp://0.0.0.0:3000',
    'invalid port "99999"',
    'invalid port 99999',
    'REDIS_PORT: invalid value "abc"',
    'invalid support ticket',
    'out of disk',
    '',
  ])('none by: %s', (words) => {
    expect(accused(words, 'dify-api')).toBeUndefined();
  });
});
