import { expect, test } from 'vitest';
import { socketsInTables } from '../../src/k8s/listening.ts';

const tcp = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const udp =
  '   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops';
const row = (local: string, state: string, remote = '00000000:0000') =>
  `   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000  1000        0 4026 1 0 100 0 0 10 0`;

test('the four tables of the kernel, one after the other', () => {
  const text = [
    tcp,
    row('00000000:1F90', '0A'),
    row('0100007F:1538', '0A'),
    row('0700F40A:1F90', '01', '0600F40A:C001'),
    tcp.replace('local_address', 'local_address                         '),
    row('00000000000000000000000000000000:0BB8', '0A', '00000000000000000000000000000000:0000'),
    row('00000000000000000000000001000000:0050', '0A', '00000000000000000000000000000000:0000'),
    row('0000000000000000FFFF00000700F40A:0051', '0A', '00000000000000000000000000000000:0000'),
    udp,
    row('00000000:0035', '07'),
    row('0700F40A:9000', '01', '0A00600A:0035'),
  ].join('\n');
  expect(socketsInTables(text)).toEqual([
    { address: '0.0.0.0', port: 8080, protocol: 'TCP' },
    { address: '127.0.0.1', port: 5432, protocol: 'TCP' },
    { address: '::', port: 3000, protocol: 'TCP' },
    { address: '::1', port: 80, protocol: 'TCP' },
    { address: '10.244.0.7', port: 81, protocol: 'TCP' },
    { address: '0.0.0.0', port: 53, protocol: 'UDP' },
  ]);
});

test('a kernel without IPv6 prints no such table, and nonsense is no socket', () => {
  expect(socketsInTables(`${tcp}\ncat: can't open '/proc/net/tcp6': No such file or directory\n`)).toEqual([]);
  expect(socketsInTables('')).toEqual([]);
});
