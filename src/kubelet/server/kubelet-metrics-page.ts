import { nameOf, namespaceOf, uidOf } from '../../api/meta/object.ts';
import { buildMetrics } from '../../base/build-metrics.ts';
import { registeredFamilies } from '../../base/registered-metrics.ts';
import { metricsText } from '../../base/metrics-text.ts';
import type { InstantGauge } from '../../base/metrics-text.ts';
import type { Labels } from '../../base/metrics.ts';
import { containersOf, isTerminalPhase } from '../pods/pod-spec.ts';
import { isStatic } from '../static-pods/annotations.ts';
import type { VolumeStats } from '../volumes/volume-plugin.ts';
import type { ServedKubelet } from './served-kubelet.ts';

type Rows = (readonly [labels: Labels, value: number])[];

const isOfProbes = (name: string): boolean => name.startsWith('prober_');

/** /metrics of a kubelet: its own work, its pods and their volumes, and its process. */
export async function kubeletMetrics(kubelet: ServedKubelet): Promise<string> {
  const volumes = await volumeRows(kubelet);
  const families = [...buildMetrics(), ...kubelet.context.metrics.families((name) => !isOfProbes(name)), ...podGauges(kubelet), ...managerGauges(kubelet), ...volumeGauges(volumes), ...processGauges()];
  return metricsText([...families, ...registeredFamilies(() => families)]);
}

/** /metrics/probes. */
export function probeMetrics({ context }: ServedKubelet): string {
  return metricsText(context.metrics.families(isOfProbes));
}

const gauge = (name: string, help: string, rows: Rows): InstantGauge => ({ name, help, read: () => rows });

function podGauges(kubelet: ServedKubelet): InstantGauge[] {
  const pods = kubelet.pods();
  const states = pods.map((pod) => kubelet.findPod(namespaceOf(pod), nameOf(pod), uidOf(pod))?.state);
  const containers = new Map<string, number>();
  for (const { state } of states.flatMap((one) => one?.containers ?? [])) containers.set(state, (containers.get(state) ?? 0) + 1);
  const byOrigin = (of: typeof pods): Rows => [true, false].map((wanted) => [{ static: String(wanted) }, of.filter((pod) => isStatic(pod) === wanted).length]);
  const isActive = ({ status }: (typeof pods)[number]): boolean => !isTerminalPhase(status?.phase);
  const counts = kubelet.context.volumes.counts(pods);
  return [
    gauge('kubelet_node_name', 'The node\'s name.', [[{ node: kubelet.nodeName }, 1]]),
    gauge('kubelet_running_pods', 'Pods whose sandbox runs.', [[{}, states.filter((state) => state?.sandbox?.ready === true).length]]),
    gauge('kubelet_running_containers', 'Containers by state.', [...containers].map(([state, count]) => [{ container_state: state }, count])),
    gauge('kubelet_desired_pods', 'Pods that are to run here.', byOrigin(pods)),
    gauge('kubelet_active_pods', 'Pods that have not ended.', byOrigin(pods.filter(isActive))),
    gauge('kubelet_mirror_pods', 'Static pods that the API is to show.', [[{}, pods.filter(isStatic).length]]),
    gauge('kubelet_working_pods', 'Pods by how far they are.', ([['sync', (pod) => isActive(pod) && pod.metadata.deletionTimestamp === undefined], ['terminating', (pod) => isActive(pod) && pod.metadata.deletionTimestamp !== undefined], ['terminated', (pod) => !isActive(pod)]] as const satisfies readonly (readonly [string, (pod: (typeof pods)[number]) => boolean])[])
      .flatMap(([lifecycle, is]) => byOrigin(pods.filter(is)).map(([labels, value]) => [{ lifecycle, config: 'desired', ...labels }, value] as const))),
    gauge('kubelet_managed_ephemeral_containers', 'Ephemeral containers of all pods.', [[{}, pods.flatMap(containersOf).filter(({ role }) => role === 'ephemeral').length]]),
    gauge('volume_manager_total_volumes', 'Volumes that pods are to have, and have.', counts.flatMap(({ plugin, wanted, present }) => [[{ plugin_name: plugin, state: 'desired_state_of_world' }, wanted], [{ plugin_name: plugin, state: 'actual_state_of_world' }, present]] as const)),
  ];
}

function managerGauges({ machineManagers = {} }: ServedKubelet): InstantGauge[] {
  const { cpus } = machineManagers;
  if (cpus === undefined) return [];
  const own = [...cpus.ownByNode];
  return [
    gauge('kubelet_cpu_manager_shared_pool_size_millicores', 'Processors that are nobody\'s alone, in thousandths.', [[{}, cpus.shared.length * 1000]]),
    gauge('kubelet_cpu_manager_exclusive_cpu_allocation_count', 'Processors that are containers\' own.', [[{}, own.reduce((sum, [, count]) => sum + count, 0)]]),
    gauge('kubelet_cpu_manager_allocation_per_numa', 'Processors that are containers\' own, by NUMA node.', own.map(([node, count]) => [{ numa_node: String(node) }, count])),
  ];
}

interface ClaimUsage { readonly labels: Labels; readonly stats: VolumeStats }

/** Each claim once, whoever uses it. */
async function volumeRows(kubelet: ServedKubelet): Promise<readonly ClaimUsage[]> {
  const told = await Promise.all(kubelet.pods().map(async (pod) => (await kubelet.context.volumes.statsOf(uidOf(pod), { onlyClaims: true })).map(({ claimName = '', stats }) => ({ labels: { namespace: namespaceOf(pod), persistentvolumeclaim: claimName }, stats }))));
  return [...new Map(told.flat().map((one) => [`${one.labels.namespace}/${one.labels.persistentvolumeclaim}`, one])).values()];
}

function volumeGauges(claims: readonly ClaimUsage[]): InstantGauge[] {
  const of = (name: string, help: string, value: (stats: VolumeStats) => number | undefined): InstantGauge => gauge(`kubelet_volume_stats_${name}`, help, claims.flatMap(({ labels, stats }) => {
    const found = value(stats);
    return found === undefined ? [] : [[labels, found] as const];
  }));
  return [
    of('capacity_bytes', 'How large the volume is.', ({ capacityBytes }) => capacityBytes),
    of('available_bytes', 'What is left of the volume.', ({ availableBytes }) => availableBytes),
    of('used_bytes', 'What is used of the volume.', ({ usedBytes }) => usedBytes),
    of('inodes', 'How many inodes the volume has.', ({ inodes }) => inodes),
    of('inodes_free', 'How many inodes are left.', ({ inodesFree }) => inodesFree),
    of('inodes_used', 'How many inodes are used.', ({ inodesUsed }) => inodesUsed),
  ];
}

/** Under the names that every exporter has. */
function processGauges(): InstantGauge[] {
  const { user, system } = process.cpuUsage();
  return [
    { name: 'process_cpu_seconds_total', help: 'Time on processors.', type: 'counter', read: () => [[{}, (user + system) / 1e6]] },
    gauge('process_resident_memory_bytes', 'Memory in use.', [[{}, process.memoryUsage.rss()]]),
    gauge('process_start_time_seconds', 'When the process started.', [[{}, Math.round((performance.timeOrigin) / 1000)]]),
  ];
}
