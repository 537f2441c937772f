import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { controlGroup, controlGroupRoots } from '../running.ts';
import { podRange } from '../control-plane.ts';
import { pauseImage } from './images.ts';

export const nodeName = 'node-1';
export const nodeAddress = '10.0.0.10';

/** The files that containerd, the network plugin, the kubelet and kube-proxy read, written into the state folder. */
export async function writeSettings(state: string): Promise<void> {
  await mkdir(join(state, 'cni'), { recursive: true });
  await writeFile(join(state, 'containerd.toml'), containerd(state));
  await writeFile(join(state, 'cni', '10-pods.conflist'), JSON.stringify(podNetwork));
  await writeFile(join(state, 'kubelet.yaml'), stringify(kubelet));
  await writeFile(join(state, 'kube-proxy.yaml'), stringify(kubeProxy(state)));
}

/** The node's own place among the control groups, so that a kubelet of the machine and this one never meet. */
export async function makeControlGroups(): Promise<void> {
  // There are folders in which nobody may make any; the kubelet says if it misses one.
  for (const root of await controlGroupRoots()) await mkdir(join(root, controlGroup)).catch(() => {});
}

/** Version 2 of the format is what Debian's containerd 1.6 reads. */
const containerd = (state: string): string => `version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  # Without CAP_SYS_RESOURCE, as in many containers, runc dies of a score below its own.
  restrict_oom_score_adj = true
  disable_apparmor = true
  enable_selinux = false
  stream_server_address = "127.0.0.1"
[plugins."io.containerd.grpc.v1.cri".containerd]
  snapshotter = "overlayfs"
  default_runtime_name = "runc"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = false
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = "${state}/cni"
`;

/** Every packet between Pods is routed by the node, so a packet filter there sees it: on a bridge it might not. */
const podNetwork = {
  cniVersion: '1.0.0',
  name: 'pods',
  plugins: [
    {
      type: 'ptp',
      ipMasq: false,
      ipam: {
        type: 'host-local',
        dataDir: '/run/cni-addresses',
        ranges: [[{ subnet: '10.244.0.0/24' }]],
        routes: [{ dst: '0.0.0.0/0' }],
      },
    },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
};

const kubelet = {
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  failCgroupV1: false,
  cgroupDriver: 'cgroupfs',
  cgroupRoot: `/${controlGroup}`,
  containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
  authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
  authorization: { mode: 'AlwaysAllow' },
  clusterDomain: 'cluster.local',
  clusterDNS: ['10.96.0.10'],
  resolvConf: '/run/resolv.conf',
  failSwapOn: false,
  oomScoreAdj: 0,
  maxOpenFiles: 20000,
  // The disk and the memory are the machine's: that others fill them is no reason to evict.
  evictionHard: {
    'memory.available': '0%',
    'nodefs.available': '0%',
    'nodefs.inodesFree': '0%',
    'imagefs.available': '0%',
    'imagefs.inodesFree': '0%',
  },
  imageGCHighThresholdPercent: 100,
  makeIPTablesUtilChains: false,
  crashLoopBackOff: { maxContainerRestartPeriod: '4s' },
  // Heartbeats every 3 s, so that a kubelet that stops is missed within the 20 s that the controller manager waits.
  nodeLeaseDurationSeconds: 12,
  podLogsDir: '/var/log/pods',
  serializeImagePulls: false,
  readOnlyPort: 0,
};

const kubeProxy = (state: string): object => ({
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
  mode: 'iptables',
  clusterCIDR: podRange,
  hostnameOverride: nodeName,
  clientConnection: { kubeconfig: join(state, 'kube-proxy.conf') },
  // A network namespace may not set the size of the connection table.
  conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  // At the default of a second, a Service still refuses for that long after its Pod is Ready.
  iptables: { localhostNodePorts: false, minSyncPeriod: '100ms' },
  nodePortAddresses: ['primary'],
  oomScoreAdj: 0,
  healthzBindAddress: '127.0.0.1:10256',
  metricsBindAddress: '127.0.0.1:10249',
});
