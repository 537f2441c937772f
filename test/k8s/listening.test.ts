import { describe, expect, test } from 'vitest';
import { receptionAt, socketsIn, type ListeningSocket } from '../../src/k8s/listening.ts';

const on = (address: string, port = 8080, protocol: ListeningSocket['protocol'] = 'TCP'): ListeningSocket => ({
  address,
  port,
  protocol,
});

describe('what a connection meets', () => {
  test.each([
    ['0.0.0.0', '10.244.1.5', 'open'],
    ['0.0.0.0', 'fd00::5', 'family'],
    ['::', '10.244.1.5', 'open'],
    ['::', 'fd00::5', 'open'],
    ['*', 'fd00::5', 'open'],
    ['10.244.1.5', '10.244.1.5', 'open'],
    ['::ffff:127.0.0.1', '10.244.1.5', 'loopback'],
    ['127.0.0.1', '10.244.1.5', 'loopback'],
    ['[::1]', 'fd00::5', 'loopback'],
  ])('bound to %s, called at %s: %s', (bound, address, state) =>
    expect(receptionAt([on(bound)], address, 8080, 'TCP').state).toBe(state),
  );

  test('the other protocol', () =>
    expect(receptionAt([on('0.0.0.0', 53, 'UDP')], '10.244.1.5', 53, 'TCP').state).toBe('protocol'));
  test('another port', () => expect(receptionAt([on('0.0.0.0', 80)], '10.244.1.5', 8080, 'TCP').state).toBe('closed'));
});

describe('tables of sockets as tools print them', () => {
  test('ss', () =>
    expect(
      socketsIn(
        ['ss', '-lntu'],
        `Netid State  Recv-Q Send-Q Local Address:Port  Peer Address:PortProcess
udp   UNCONN 0      0            0.0.0.0:53         0.0.0.0:*
tcp   LISTEN 0      4096       127.0.0.1:5432       0.0.0.0:*
tcp   LISTEN 0      4096               *:9090             *:*
tcp   LISTEN 0      4096            [::]:80            [::]:*`,
      ),
    ).toEqual([on('0.0.0.0', 53, 'UDP'), on('127.0.0.1', 5432), on('*', 9090), on('::', 80)]));

  test('ss without the column for the protocol', () =>
    expect(
      socketsIn(
        ['sh', '-c', 'ss -lnt'],
        'State  Recv-Q Send-Q Local Address:Port\nLISTEN 0  511  0.0.0.0:80  0.0.0.0:*',
      ),
    ).toEqual([on('0.0.0.0', 80)]));

  test('netstat', () =>
    expect(
      socketsIn(
        ['netstat', '-tulpn'],
        `Active Internet connections (only servers)
Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name
tcp        0      0 127.0.0.1:8080          0.0.0.0:*               LISTEN      1/node
tcp        0      0 10.244.1.5:34512        10.96.0.1:443           ESTABLISHED 1/node
tcp6       0      0 :::9090                 :::*                    LISTEN      -
udp        0      0 0.0.0.0:514             0.0.0.0:*                           -`,
      ),
    ).toEqual([on('127.0.0.1', 8080), on('::', 9090), on('0.0.0.0', 514, 'UDP')]));

  test('/proc/net/tcp and tcp6', () =>
    expect(
      socketsIn(
        ['cat', '/proc/net/tcp', '/proc/net/tcp6'],
        `  sl  local_address rem_address   st tx_queue rx_queue
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000
   1: 0501F40A:8C3E 0100600A:01BB 01 00000000:00000000
   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000
   1: 0000000000000000FFFF00000100007F:1538 00000000000000000000000000000000:0000 0A 00000000:00000000`,
      ),
    ).toEqual([on('127.0.0.1', 8080), on('::', 80), on('127.0.0.1', 5432)]));

  test('anything else', () => expect(socketsIn(['ls'], 'bin etc')).toBeUndefined());
});
