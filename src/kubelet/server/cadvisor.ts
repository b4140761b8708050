import { nameOf, namespaceOf, uidOf } from '../../api/meta/object.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { Labels } from '../../base/metrics.ts';
import type { ContainerStats, ContainerStatus } from '../../runtime/runtime.ts';
import type { CgroupUsage, InterfaceUsage } from '../host.ts';
import { findContainer } from '../pods/pod-spec.ts';
import type { PodRuntimeState } from '../pods/pod-runtime.ts';
import { containerResources, podCgroupParent } from '../resources/linux-resources.ts';
import { podUsage } from './pod-usage.ts';
import type { ServedKubelet } from './served-kubelet.ts';
import { StampedText } from './stamped-text.ts';

interface Running { readonly pod: Pod; readonly status: ContainerStatus; readonly stats: ContainerStats; readonly usage: CgroupUsage | undefined; readonly labels: Labels }
interface Grouped { readonly usage: CgroupUsage; readonly labels: Labels }

/**
 * /metrics/cadvisor in Prometheus' text format, under the names and labels that dashboards look for: of containers what the
 * runtime, their cgroups and the pods' specs tell; of pods and of the machine what their cgroups do, with the pods' networks.
 */
export async function cadvisorMetrics(kubelet: ServedKubelet): Promise<string> {
  const { runtime, machine, clock, host } = kubelet.context;
  const stats = await runtime.containerStats();
  const pods = kubelet.pods().map((pod) => ({ pod, state: kubelet.findPod(namespaceOf(pod), nameOf(pod), uidOf(pod))?.state }));
  const text = new StampedText(clock.now());
  const running = (await Promise.all(pods.map(({ pod, state }) => runningOf(kubelet, pod, state, stats)))).flat();
  const groups = (await Promise.all(pods.map(({ pod, state }) => podGroup(kubelet, pod, state)))).flat();
  const whole = await host.cgroups.usage('/');
  ofContainers(text, kubelet, running);
  ofGroups(text, [...running.flatMap(({ usage, labels }) => (usage === undefined ? [] : [{ usage, labels }])), ...groups, ...(whole === undefined ? [] : [{ usage: whole, labels: labelsOf({ id: '/' }) }])]);
  ofNetworks(text, [...groups, ...(whole === undefined ? [] : [{ usage: whole, labels: labelsOf({ id: '/' }) }])]);
  const own = { boot_id: machine.bootId, machine_id: machine.machineId, system_uuid: machine.systemUuid };
  text.family('machine_cpu_cores', 'gauge', 'Logical processors of the machine.', [[own, machine.cores]]);
  text.family('machine_memory_bytes', 'gauge', 'Memory of the machine.', [[own, machine.memoryBytes]]);
  return text.toString();
}

/** In the order of cAdvisor's labels; what does not apply is empty. */
function labelsOf({ container = '', id, image = '', name = '', namespace = '', pod = '' }: { readonly container?: string; readonly id: string; readonly image?: string; readonly name?: string; readonly namespace?: string; readonly pod?: string }): Labels {
  return { container, id, image, name, namespace, pod };
}

function runningOf({ context }: ServedKubelet, pod: Pod, state: PodRuntimeState | undefined, stats: readonly ContainerStats[]): Promise<Running[]> {
  const parent = podCgroupParent(context.cgroupRoot, pod);
  const found = (state?.containers ?? []).flatMap((status) => {
    const own = status.state === 'running' ? stats.find(({ containerId }) => containerId === status.id) : undefined;
    return own === undefined ? [] : [{ status, own }];
  });
  return Promise.all(found.map(async ({ status, own }): Promise<Running> => ({
    pod, status, stats: own, usage: await context.host.cgroups.usage(`${parent}/${status.id}`),
    labels: labelsOf({ container: status.name, id: `${parent}/${status.id}`, image: status.image, name: status.id, namespace: namespaceOf(pod), pod: nameOf(pod) }),
  })));
}

/** The pod as a whole, by its cgroup. */
async function podGroup({ context }: ServedKubelet, pod: Pod, state: PodRuntimeState | undefined): Promise<Grouped[]> {
  const usage = await podUsage(context, pod, state);
  return usage === undefined ? [] : [{ usage, labels: labelsOf({ id: podCgroupParent(context.cgroupRoot, pod), namespace: namespaceOf(pod), pod: nameOf(pod) }) }];
}

function ofContainers(text: StampedText, { context }: ServedKubelet, running: readonly Running[]): void {
  const family = (name: string, type: 'counter' | 'gauge', help: string, value: (one: Running) => number | undefined, more: Labels = {}): void => text.family(name, type, help, running.flatMap((one) => {
    const found = value(one);
    return found === undefined ? [] : [[{ ...one.labels, ...more }, found] as const];
  }));
  const spec = ({ pod, status }: Running): ReturnType<typeof containerResources> | undefined => {
    const container = findContainer(pod, status.name)?.container;
    return container === undefined ? undefined : containerResources(pod, container, context.machine.memoryBytes);
  };
  family('container_fs_usage_bytes', 'gauge', 'Bytes that the container has written on this file system.', ({ stats: { rootfsUsedBytes } }) => rootfsUsedBytes, { device: '' });
  family('container_start_time_seconds', 'gauge', 'When the container started.', ({ status: { startedAtMs } }) => Math.floor(startedAtMs / 1000));
  family('container_last_seen', 'gauge', 'When the container was last seen.', () => Math.floor(context.clock.now() / 1000));
  family('container_spec_cpu_period', 'gauge', 'The period of the container\'s quota.', (one) => spec(one)?.cpuPeriod);
  family('container_spec_cpu_quota', 'gauge', 'The container\'s quota of CPU.', (one) => spec(one)?.cpuQuota || undefined);
  family('container_spec_cpu_shares', 'gauge', 'The container\'s shares of CPU.', (one) => spec(one)?.cpuShares);
  family('container_spec_memory_limit_bytes', 'gauge', 'The container\'s limit of memory.', (one) => spec(one)?.memoryLimitBytes ?? 0);
  // Where there are no cgroups to read, the runtime's word must do.
  const untold = running.filter(({ usage }) => usage === undefined);
  for (const [name, type, help, value, more] of [
    ['container_cpu_usage_seconds_total', 'counter', cpuHelp, ({ stats }: Running) => stats.cpuUsageCoreNanoseconds / 1e9, { cpu: 'total' }],
    ['container_memory_working_set_bytes', 'gauge', workingSetHelp, ({ stats }: Running) => stats.memoryWorkingSetBytes, {}],
  ] as const) if (untold.length > 0) text.family(name, type, help, untold.map((one) => [{ ...one.labels, ...more }, value(one)] as const));
}

const cpuHelp = 'Time on processors.';
const workingSetHelp = 'Memory that cannot be given back at once.';

const ofUsage: readonly (readonly [name: string, type: 'counter' | 'gauge', help: string, value: (usage: CgroupUsage) => number | undefined, more?: Labels])[] = [
  ['container_cpu_usage_seconds_total', 'counter', cpuHelp, ({ cpuNanoseconds }) => seconds(cpuNanoseconds), { cpu: 'total' }],
  ['container_cpu_user_seconds_total', 'counter', 'Time on processors, of programs.', ({ userNanoseconds }) => seconds(userNanoseconds)],
  ['container_cpu_system_seconds_total', 'counter', 'Time on processors, of the kernel.', ({ systemNanoseconds }) => seconds(systemNanoseconds)],
  ['container_cpu_cfs_periods_total', 'counter', 'Periods of the quota that have passed.', ({ periods }) => periods],
  ['container_cpu_cfs_throttled_periods_total', 'counter', 'Periods in which the quota held processes back.', ({ throttledPeriods }) => throttledPeriods],
  ['container_cpu_cfs_throttled_seconds_total', 'counter', 'How long the quota held processes back.', ({ throttledNanoseconds }) => seconds(throttledNanoseconds)],
  ['container_memory_usage_bytes', 'gauge', 'Memory in use, whatever for.', ({ memoryBytes }) => memoryBytes],
  ['container_memory_working_set_bytes', 'gauge', workingSetHelp, ({ workingSetBytes }) => workingSetBytes],
  ['container_memory_rss', 'gauge', 'Memory of processes, without files.', ({ rssBytes }) => rssBytes],
  ['container_memory_cache', 'gauge', 'Memory that holds files.', ({ cacheBytes }) => cacheBytes],
  ['container_memory_swap', 'gauge', 'Memory that was swapped out.', ({ swapBytes }) => swapBytes],
  ['container_memory_mapped_file', 'gauge', 'Memory that files are mapped to.', ({ mappedFileBytes }) => mappedFileBytes],
  ['container_processes', 'gauge', 'Processes and threads.', ({ processes }) => processes],
];

const seconds = (nanoseconds: number | undefined): number | undefined => (nanoseconds === undefined ? undefined : nanoseconds / 1e9);

function ofGroups(text: StampedText, groups: readonly Grouped[]): void {
  for (const [name, type, help, value, more = {}] of ofUsage) {
    text.family(name, type, help, groups.flatMap(({ usage, labels }) => {
      const found = value(usage);
      return found === undefined ? [] : [[{ ...labels, ...more }, found] as const];
    }));
  }
  text.family('container_memory_failures_total', 'counter', 'Page faults.', groups.flatMap(({ usage, labels }) => ([['pgfault', usage.pageFaults], ['pgmajfault', usage.majorPageFaults]] as const).flatMap(([failure_type, count]) => (count === undefined ? [] : [[{ ...labels, failure_type, scope: 'container' }, count] as const]))));
  const disk = (name: string, help: string, value: (one: CgroupUsage['disks'][number]) => number): void => text.family(name, 'counter', help, groups.flatMap(({ usage, labels }) => usage.disks.map((one) => [{ ...labels, device: `/dev/block/${one.device}` }, value(one)] as const)));
  disk('container_fs_reads_total', 'Reads from the device.', ({ reads }) => reads);
  disk('container_fs_writes_total', 'Writes to the device.', ({ writes }) => writes);
  disk('container_fs_reads_bytes_total', 'Bytes read from the device.', ({ readBytes }) => readBytes);
  disk('container_fs_writes_bytes_total', 'Bytes written to the device.', ({ writeBytes }) => writeBytes);
}

const ofInterfaces: readonly (readonly [name: string, help: string, value: (one: InterfaceUsage) => number])[] = [
  ['container_network_receive_bytes_total', 'Bytes received.', ({ receivedBytes }) => receivedBytes],
  ['container_network_receive_packets_total', 'Packets received.', ({ receivedPackets }) => receivedPackets],
  ['container_network_receive_packets_dropped_total', 'Packets dropped while receiving.', ({ receiveDropped }) => receiveDropped],
  ['container_network_receive_errors_total', 'Errors while receiving.', ({ receiveErrors }) => receiveErrors],
  ['container_network_transmit_bytes_total', 'Bytes sent.', ({ sentBytes }) => sentBytes],
  ['container_network_transmit_packets_total', 'Packets sent.', ({ sentPackets }) => sentPackets],
  ['container_network_transmit_packets_dropped_total', 'Packets dropped while sending.', ({ sendDropped }) => sendDropped],
  ['container_network_transmit_errors_total', 'Errors while sending.', ({ sendErrors }) => sendErrors],
];

function ofNetworks(text: StampedText, groups: readonly Grouped[]): void {
  for (const [name, help, value] of ofInterfaces) text.family(name, 'counter', help, groups.flatMap(({ usage, labels }) => usage.interfaces.map((one) => [{ ...labels, interface: one.name }, value(one)] as const)));
}
