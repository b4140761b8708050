/** Checks of what a pod shares with its node: namespaces, paths, ports, kernel settings, volumes. */
import type { LifecycleHandler, PodSpec, Probe } from '../types/core/v1.ts';
import type { Check } from './check.ts';
import { allContainers, containersNamed, joinQuoted, plural, sorted } from './check.ts';

export const hostNamespaces: Check = (_metadata, spec) => {
  const shared = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((field) => spec[field] === true);
  return shared.length === 0 ? undefined : { reason: 'host namespaces', detail: shared.map((field) => `${field}=true`).join(', ') };
};

export const hostPathVolumes: Check = (_metadata, { volumes = [] }) => {
  const names = volumes.filter(({ hostPath }) => hostPath !== undefined).map(({ name }) => name);
  return names.length === 0 ? undefined : { reason: 'hostPath volumes', detail: `${plural('volume', 'volumes', names.length)} ${joinQuoted(names)}` };
};

export const hostPorts: Check = (_metadata, spec) => {
  const bad = allContainers(spec).filter(({ ports = [] }) => ports.some(({ hostPort = 0 }) => hostPort !== 0));
  if (bad.length === 0) return undefined;
  const ports = sorted(bad.flatMap((container) => (container.ports ?? []).flatMap(({ hostPort = 0 }) => (hostPort === 0 ? [] : [String(hostPort)]))));
  return { reason: 'hostPort', detail: `${containersNamed(bad.map(({ name }) => name))} ${plural('uses', 'use', bad.length)} ${plural('hostPort', 'hostPorts', ports.length)} ${ports.join(', ')}` };
};

const hostsOf = (handler: Probe | LifecycleHandler | undefined): string[] => [handler?.httpGet?.host ?? '', handler?.tcpSocket?.host ?? ''].filter((host) => host !== '');

/** Hosts that a kubelet would be made to talk to. */
export const hostProbes: Check = (_metadata, spec) => {
  const found = allContainers(spec).map(({ name, livenessProbe, readinessProbe, startupProbe, lifecycle }) => ({
    name, hosts: [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop].flatMap(hostsOf),
  })).filter(({ hosts }) => hosts.length > 0);
  if (found.length === 0) return undefined;
  const names = sorted(found.map(({ name }) => name));
  const hosts = sorted(found.flatMap((one) => one.hosts));
  return { reason: 'probe or lifecycle host', detail: `${containersNamed(names)} ${plural('uses', 'use', names.length)} ${plural('probe or lifecycle host', 'probe or lifecycle hosts', hosts.length)} ${joinQuoted(hosts)}` };
};

const sysctls10 = ['kernel.shm_rmid_forced', 'net.ipv4.ip_local_port_range', 'net.ipv4.tcp_syncookies', 'net.ipv4.ping_group_range', 'net.ipv4.ip_unprivileged_port_start'];
const sysctls27 = [...sysctls10, 'net.ipv4.ip_local_reserved_ports'];
const sysctls29 = [...sysctls27, 'net.ipv4.tcp_keepalive_time', 'net.ipv4.tcp_fin_timeout', 'net.ipv4.tcp_keepalive_intvl', 'net.ipv4.tcp_keepalive_probes'];
const sysctls32 = [...sysctls29, 'net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem'];

/** The sysctls that were considered safe, by the version from which on. */
export const safeSysctls = { 0: sysctls10, 27: sysctls27, 29: sysctls29, 32: sysctls32 } as const;

export const sysctls = (allowed: readonly string[]): Check => (_metadata, { securityContext }) => {
  const forbidden = (securityContext?.sysctls ?? []).map(({ name }) => name).filter((name) => !allowed.includes(name));
  return forbidden.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: forbidden.join(', ') };
};

type VolumeSource = Exclude<keyof NonNullable<PodSpec['volumes']>[number], 'name'>;

const allowedSources: readonly VolumeSource[] = ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'image', 'persistentVolumeClaim', 'projected', 'secret'];
const restrictedSources: readonly VolumeSource[] = [
  'hostPath', 'gcePersistentDisk', 'awsElasticBlockStore', 'gitRepo', 'nfs', 'iscsi', 'glusterfs', 'rbd', 'flexVolume', 'cinder', 'cephfs', 'flocker', 'fc', 'azureFile', 'vsphereVolume', 'quobyte',
  'azureDisk', 'photonPersistentDisk', 'portworxVolume', 'scaleIO', 'storageos',
];

export const restrictedVolumes: Check = (_metadata, { volumes = [] }) => {
  const bad = volumes.filter((volume) => !allowedSources.some((source) => volume[source] !== undefined));
  if (bad.length === 0) return undefined;
  const types = sorted(bad.map((volume) => restrictedSources.find((source) => volume[source] !== undefined) ?? 'unknown'));
  const names = bad.map(({ name }) => name);
  return { reason: 'restricted volume types', detail: `${plural('volume', 'volumes', names.length)} ${joinQuoted(names)} ${plural('uses', 'use', names.length)} ${plural('restricted volume type', 'restricted volume types', types.length)} ${joinQuoted(types)}` };
};
