import { isReason } from '../../../../api/status.ts';
import type { Lease } from '../../../../api/types/coordination/v1.ts';
import type { Node, Pod, Taint } from '../../../../api/types/core/v1.ts';
import type { ResourceSlice } from '../../../../api/types/resource/v1.ts';
import { describer } from '../describer.ts';
import { writeNodeResources } from '../node-resources.ts';
import type { Page } from '../page.ts';
import { longTime } from '../page.ts';

const rolePrefix = 'node-role.kubernetes.io/';
/** More pools than these are counted. */
const maxPools = 10;

function rolesOf(labels: Readonly<Record<string, string>> = {}): string[] {
  const roles = Object.entries(labels).map(([key, value]) => (key.startsWith(rolePrefix) ? key.slice(rolePrefix.length) : key === 'kubernetes.io/role' ? value : ''));
  return [...new Set(roles.filter((role) => role !== ''))].sort();
}

const taintText = ({ key, value = '', effect }: Taint): string => `${key}${value === '' ? '' : `=${value}`}${effect === '' ? '' : `:${effect}`}`;

function writeLease(page: Page, lease: Lease | Error): void {
  if (lease instanceof Error) return page.field('Lease', `Failed to get lease: ${lease.message}`);
  const { holderIdentity, acquireTime, renewTime } = lease.spec ?? {};
  page.line(0, 'Lease:');
  page.field('HolderIdentity', holderIdentity ?? '<unset>', 1);
  page.field('AcquireTime', acquireTime === undefined ? '<unset>' : longTime(acquireTime), 1);
  page.field('RenewTime', renewTime === undefined ? '<unset>' : longTime(renewTime), 1);
}

function writeStatus(page: Page, { status = {} }: Node): void {
  const conditions = status.conditions ?? [];
  if (conditions.length > 0) {
    page.table('Conditions', ['Type', 'Status', 'LastHeartbeatTime', 'LastTransitionTime', 'Reason', 'Message'], conditions.map((one) => [`${one.type} `, `${one.status} `, `${longTime(one.lastHeartbeatTime)} `, `${longTime(one.lastTransitionTime)} `, `${one.reason ?? ''} `, one.message ?? '']));
  }
  page.line(0, 'Addresses:');
  for (const { type, address } of status.addresses ?? []) page.field(type, address, 1);
  for (const [title, list] of [['Capacity', status.capacity], ['Allocatable', status.allocatable]] as const) {
    const names = Object.keys(list ?? {}).sort();
    if (names.length > 0) page.line(0, `${title}:`);
    for (const name of names) page.field(name, list![name], 1);
  }
}

function writeSlices(page: Page, slices: readonly ResourceSlice[]): void {
  const pools = new Map<string, { driver: string; pool: string; slices: number; devices: number }>();
  for (const { spec } of slices) {
    const key = `${spec.driver}/${spec.pool.name}`;
    const pool = pools.get(key) ?? { driver: spec.driver, pool: spec.pool.name, slices: 0, devices: 0 };
    pools.set(key, { ...pool, slices: pool.slices + 1, devices: pool.devices + (spec.devices ?? []).length });
  }
  if (pools.size === 0) return;
  const rows = [...pools].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, pool]) => [pool.driver, pool.pool, String(pool.slices), String(pool.devices)]);
  page.table('Node-Local ResourceSlices', ['Driver', 'Pool', 'Slices', 'Devices'], rows.slice(0, maxPools));
  if (rows.length > maxPools) page.line(1, `...and ${rows.length - maxPools} more pools`);
}

function writeSystem(page: Page, { spec, status }: Node): void {
  const info = status?.nodeInfo;
  page.line(0, 'System Info:');
  const rows = [['Machine ID', info?.machineID], ['System UUID', info?.systemUUID], ['Boot ID', info?.bootID], ['Kernel Version', info?.kernelVersion], ['OS Image', info?.osImage], ['Operating System', info?.operatingSystem], ['Architecture', info?.architecture], ['Container Runtime Version', info?.containerRuntimeVersion], ['Kubelet Version', info?.kubeletVersion]] as const;
  for (const [title, value] of rows) page.field(title, value, 1);
  if ((spec?.podCIDR ?? '') !== '') page.field('PodCIDR', spec!.podCIDR);
  if ((spec?.podCIDRs ?? []).length > 0) page.field('PodCIDRs', spec!.podCIDRs!.join(','));
  if ((spec?.providerID ?? '') !== '') page.field('ProviderID', spec!.providerID);
}

export default describer<Node>('v1', async (node, describing) => {
  const { page, list, get } = describing;
  const { metadata, spec } = node;
  const name = metadata.name ?? '';
  const pods = await list<Pod>('/api/v1/pods', { fieldSelector: `spec.nodeName=${name},status.phase!=Succeeded,status.phase!=Failed` }).catch((error: unknown) => {
    if (isReason(error, 'Forbidden')) return undefined;
    throw error;
  });
  page.field('Name', name);
  page.field('Roles', rolesOf(metadata.labels).join(',') || '<none>');
  page.labels('Labels', metadata.labels);
  page.annotations('Annotations', metadata.annotations);
  page.field('CreationTimestamp', longTime(metadata.creationTimestamp));
  page.lines('Taints', [...(spec?.taints ?? [])].sort((a, b) => (`${a.effect},${a.key}` < `${b.effect},${b.key}` ? -1 : 1)).map(taintText));
  page.field('Unschedulable', spec?.unschedulable ?? false);
  writeLease(page, await get<Lease>(`/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${name}`).catch((error: unknown) => error as Error));
  writeStatus(page, node);
  writeSlices(page, await list<ResourceSlice>('/apis/resource.k8s.io/v1/resourceslices', { fieldSelector: `spec.nodeName=${name}` }).catch(() => []));
  writeSystem(page, node);
  if (pods === undefined) page.field('Pods', 'not authorized');
  else writeNodeResources(node, pods, describing);
  await describing.events();
});
