import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect as dial, createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { ensureBinaries } from './binaries.ts';
import { type ControlPlane, startControlPlane } from './control-plane.ts';
import { type Answer, run } from './kubectl.ts';
import { stopCluster } from './running.ts';

/** Side by side with kubectl: with the same kubeconfig both get through, to the same server as the same user, or neither does. */

let state = '';
let folder = '';
let controlPlane: ControlPlane;
let token = '';
let ca = '';
let proxy: Server;

const cli = join(import.meta.dirname, '..', '..', 'bin', 'svcdoctor.js');
const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
const file = (name: string) => join(folder, name);
const portOf = (server: Server) => (server.address() as AddressInfo).port;
const proxyUrl = () => `http://127.0.0.1:${portOf(proxy)}`;

/** Certificates of an authority that the API server believes, for the user cert-user, and of one that nobody knows. */
async function makeCertificates(): Promise<void> {
  const newKey = ['-newkey', 'rsa:2048', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    'ca.key',
    '-out',
    'client-ca.crt',
    '-subj',
    '/CN=clients',
    '-days',
    '2',
  );
  openssl('req', '-x509', ...newKey, '-keyout', 'x.key', '-out', 'other-ca.crt', '-subj', '/CN=nobody', '-days', '2');
  openssl('req', ...newKey, '-keyout', 'client.key', '-out', 'client.csr', '-subj', '/CN=cert-user');
  openssl(
    'x509',
    '-req',
    '-in',
    'client.csr',
    '-CA',
    'client-ca.crt',
    '-CAkey',
    'ca.key',
    '-out',
    'client.crt',
    '-days',
    '2',
  );
}

/** A proxy that leads to the API server, whatever name it is asked for. */
function leadToApiServer(): Server {
  const { port } = new URL(controlPlane.server);
  return createServer((client) => {
    client.once('data', () => {
      const server = dial(Number(port), '127.0.0.1', () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n');
        client.pipe(server).pipe(client);
      });
      server.on('error', () => client.destroy());
      client.on('error', () => server.destroy());
    });
  }).listen(0, '127.0.0.1');
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'svcdoctor-kubeconfig-'));
  await makeCertificates();
  state = await mkdtemp(join(tmpdir(), 'svcdoctor-test-clients-'));
  const options = { controllers: false, clientAuthority: file('client-ca.crt') };
  ({ controlPlane } = await startControlPlane(state, await ensureBinaries(() => {}), options));
  const config = parse(await readFile(controlPlane.kubeconfig, 'utf8')) as {
    clusters: [{ cluster: { 'certificate-authority-data': string } }];
    users: { name: string; user: { token: string } }[];
  };
  token = config.users.find(({ name }) => name === 'viewer')?.user.token ?? '';
  ca = config.clusters[0].cluster['certificate-authority-data'];
  proxy = leadToApiServer();
  await Promise.all([
    writeFile(file('ca.crt'), Buffer.from(ca, 'base64')),
    writeFile(file('token'), `${token}\n`),
    writeFile(file('plugin'), plugin(`{"token":"${token}"}`), { mode: 0o755 }),
    writeFile(
      file('cert-plugin'),
      plugin(
        JSON.stringify({
          clientCertificateData: await readFile(file('client.crt'), 'utf8'),
          clientKeyData: await readFile(file('client.key'), 'utf8'),
        }),
      ),
      { mode: 0o755 },
    ),
    writeFile(file('failing-plugin'), '#!/bin/sh\nexit 3\n', { mode: 0o755 }),
    mkdir(file('elsewhere')),
  ]);
});

afterAll(async () => {
  proxy?.close();
  await stopCluster(state);
  await Promise.all([state, folder].map((each) => rm(each, { recursive: true, force: true })));
});

const plugin = (status: string) => `#!/bin/sh
cat <<'END'
{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":${status}}
END
`;
const execUser = (command: string) => ({
  exec: { apiVersion: 'client.authentication.k8s.io/v1', command, interactiveMode: 'Never' },
});

interface Parts {
  readonly cluster?: object;
  readonly user?: object;
  readonly context?: object;
}

const configOf = ({ cluster = {}, user = { token }, context = {} }: Parts) => ({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: 'c', cluster: { server: controlPlane.server, 'certificate-authority-data': ca, ...cluster } }],
  users: [{ name: 'u', user }],
  contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', ...context } }],
  'current-context': 'x',
});

interface Case {
  /** One kubeconfig, or several whole ones for KUBECONFIG. */
  readonly config: () => Promise<Parts | readonly object[]> | Parts | readonly object[];
  readonly args?: readonly string[];
  readonly env?: () => NodeJS.ProcessEnv;
  /** Whom the server sees; undefined where neither gets through. */
  readonly user: string | undefined;
}

const pem = async (name: string) => (await readFile(file(name))).toString('base64');
const noData = { 'certificate-authority-data': undefined };
const other = () => `https://kubernetes.example:${new URL(controlPlane.server).port}`;

const cases: Readonly<Record<string, Case>> = {
  'a token': { config: () => ({}), user: 'viewer' },
  'a token file with a relative name': { config: () => ({ user: { tokenFile: 'token' } }), user: 'viewer' },
  'a token file and a token': { config: () => ({ user: { tokenFile: 'token', token: 'old' } }), user: 'viewer' },
  'a token that nobody knows': { config: () => ({ user: { token: 'wrong' } }), user: undefined },
  'a name and password, which this server does not know': {
    config: () => ({ user: { username: 'jane', password: 'x' } }),
    user: 'system:anonymous',
  },
  'a token and a name': { config: () => ({ user: { token, username: 'jane', password: 'x' } }), user: undefined },
  'a client certificate in the file': {
    config: async () => ({
      user: { 'client-certificate-data': await pem('client.crt'), 'client-key-data': await pem('client.key') },
    }),
    user: 'cert-user',
  },
  'a client certificate in files with relative names': {
    config: () => ({ user: { 'client-certificate': 'client.crt', 'client-key': './client.key' } }),
    user: 'cert-user',
  },
  'a client certificate and a token': {
    config: () => ({ user: { 'client-certificate': 'client.crt', 'client-key': 'client.key', token } }),
    user: 'cert-user',
  },
  'a client certificate without its key': {
    config: () => ({ user: { 'client-certificate': 'client.crt' } }),
    user: undefined,
  },
  'a client certificate that is missing': {
    config: () => ({ user: { 'client-certificate': 'gone.crt', 'client-key': 'gone.key' } }),
    user: undefined,
  },
  'an authority in a file with a relative name': {
    config: () => ({ cluster: { ...noData, 'certificate-authority': 'ca.crt' } }),
    user: 'viewer',
  },
  'an authority in the kubeconfig and in a file': {
    config: () => ({ cluster: { 'certificate-authority': 'other-ca.crt' } }),
    user: undefined,
  },
  'another authority': {
    config: () => ({ cluster: { ...noData, 'certificate-authority': 'other-ca.crt' } }),
    user: undefined,
  },
  'no authority': { config: () => ({ cluster: noData }), user: undefined },
  'insecure-skip-tls-verify': {
    config: () => ({ cluster: { ...noData, 'insecure-skip-tls-verify': true } }),
    user: 'viewer',
  },
  'insecure-skip-tls-verify and an authority': {
    config: () => ({ cluster: { 'insecure-skip-tls-verify': true } }),
    user: undefined,
  },
  'a tls-server-name that the certificate holds': {
    config: () => ({ cluster: { 'tls-server-name': 'kubernetes.default.svc' } }),
    user: 'viewer',
  },
  'a tls-server-name that it does not hold': {
    config: () => ({ cluster: { 'tls-server-name': 'kubernetes.example' } }),
    user: undefined,
  },
  'a server with a slash at its end': {
    config: () => ({ cluster: { server: `${controlPlane.server}/` } }),
    user: 'viewer',
  },
  'a credential plugin with a token': { config: () => ({ user: execUser(file('plugin')) }), user: 'viewer' },
  'a credential plugin by a relative path': { config: () => ({ user: execUser('./plugin') }), user: 'viewer' },
  'a credential plugin with a certificate': { config: () => ({ user: execUser('./cert-plugin') }), user: 'cert-user' },
  'a credential plugin that fails': { config: () => ({ user: execUser('./failing-plugin') }), user: undefined },
  'a credential plugin that is not there': { config: () => ({ user: execUser('./no-plugin') }), user: undefined },
  'several files, and one that is not there': {
    config: () => [
      { ...configOf({}), users: [] },
      {
        ...configOf({ user: { token: 'older' } }),
        clusters: [],
        contexts: [],
        users: [{ name: 'u', user: { token } }],
      },
      configOf({ user: { token: 'wrong' } }),
    ],
    env: () => ({ KUBECONFIG: [file('0'), file('not-there'), file('1'), file('2')].join(delimiter) }),
    user: 'viewer',
  },
  'a context that is not the current one': {
    config: () => [{ ...configOf({}), 'current-context': 'elsewhere' }],
    args: ['--context', 'x'],
    user: 'viewer',
  },
  'a current context that is not there': {
    config: () => [{ ...configOf({}), 'current-context': 'elsewhere' }],
    user: undefined,
  },
  'as another user, without the permission': { config: () => ({}), args: ['--as', 'jane'], user: 'viewer' },
  'a proxy in the kubeconfig': {
    config: () => ({ cluster: { server: other(), 'proxy-url': proxyUrl(), 'tls-server-name': '127.0.0.1' } }),
    user: 'viewer',
  },
  'a proxy in the kubeconfig that does not run': {
    config: () => ({ cluster: { 'proxy-url': 'http://127.0.0.1:9' } }),
    user: undefined,
  },
  'a proxy in HTTPS_PROXY': {
    config: () => ({ cluster: { server: other(), 'tls-server-name': 'kubernetes.default.svc' } }),
    env: () => ({ HTTPS_PROXY: proxyUrl() }),
    user: 'viewer',
  },
  'a proxy in HTTPS_PROXY that NO_PROXY forbids': {
    config: () => ({ cluster: { server: other(), 'tls-server-name': 'kubernetes.default.svc' } }),
    env: () => ({ HTTPS_PROXY: proxyUrl(), NO_PROXY: '.example' }),
    user: undefined,
  },
  'a proxy in HTTPS_PROXY, and a server on this machine': {
    config: () => ({}),
    env: () => ({ HTTPS_PROXY: 'http://127.0.0.1:9' }),
    user: 'viewer',
  },
};

/** The user in the server's own refusal: nobody here may list anything. */
const userIn = ({ stdout, stderr }: Answer): string | undefined =>
  /User \\?"([^"\\]+)\\?" cannot/.exec(`${stdout}${stderr}`)?.[1];

test.each(Object.entries(cases))('%s', async (_name, { config, args = [], env = () => ({}), user }) => {
  const given = await config();
  const files = Array.isArray(given) ? (given as readonly object[]) : [configOf(given as Parts)];
  await Promise.all(files.map((each, index) => writeFile(file(String(index)), stringify(each), { mode: 0o600 })));
  const variables: NodeJS.ProcessEnv = {
    KUBECONFIG: file('0'),
    HTTPS_PROXY: undefined,
    NO_PROXY: undefined,
    FORCE_COLOR: undefined,
    ...env(),
  };
  const [kubectl, ours] = await Promise.all([
    run(controlPlane, ['kubectl', 'get', 'services', '-n', 'default', '--request-timeout=5s', ...args], { variables }),
    run(
      controlPlane,
      [
        process.execPath,
        cli,
        'check',
        'default/kubernetes',
        '-o',
        'json',
        '--request-timeout',
        '5s',
        '--probe',
        'none',
        ...args,
      ],
      { variables },
    ),
  ]);
  expect({ kubectl: userIn(kubectl), svcdoctor: userIn(ours) }, `${kubectl.stderr}${ours.stderr}`).toEqual({
    kubectl: user,
    svcdoctor: user,
  });
  expect(ours.exitCode, ours.stderr).toBe(2);
  expect(ours.stderr).not.toMatch(/This is a bug|\n\s+at /);
  if (user === undefined) expect(ours.stdout).toBe('');
  expect(ours.stderr.includes('warning: the kubeconfig says insecure-skip-tls-verify')).toBe(
    _name === 'insecure-skip-tls-verify',
  );
});
