import { nameOf, namespaceOf } from '../../api/meta/object.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { ContainerStats } from '../../runtime/runtime.ts';
import type { MachineUsage } from '../host.ts';
import type { ServedKubelet } from './served-kubelet.ts';
import type { PodStats } from './statistics.ts';
import { podStats, sum } from './statistics.ts';

type Metric = (name: string, type: string, help: string, samples: readonly string[]) => void;

const labelsOf = (pod: Pod, container?: string): string => `{${container === undefined ? '' : `container="${container}",`}namespace="${namespaceOf(pod)}",pod="${nameOf(pod)}"}`;

/** /metrics/resource in Prometheus' text format: what metrics-server reads. A runtime or machine that cannot be asked leaves nothing but the fact. */
export async function resourceMetrics(kubelet: ServedKubelet): Promise<string> {
  const { clock, host, logger } = kubelet.context;
  const lines: string[] = [];
  const metric: Metric = (name, type, help, samples) => {
    if (samples.length > 0) lines.push(`# HELP ${name} [STABLE] ${help}`, `# TYPE ${name} ${type}`, ...samples.map((sample) => `${name}${sample}`));
  };
  let failed = 0;
  try {
    const [usage, pods] = await Promise.all([host.usage(), podStats(kubelet)]);
    usages({ usage, pods, nowMs: Math.floor(clock.now()) }, metric);
  } catch (error) {
    logger.warn('what containers use could not be found out', { error });
    failed = 1;
  }
  metric('resource_scrape_error', 'gauge', '1 if there was an error while getting container metrics, 0 otherwise', [` ${failed}`]);
  return `${lines.join('\n')}\n`;
}

/** Each with the time of the measurement, as its values are as old as that. */
function usages({ usage, pods, nowMs }: { readonly usage: MachineUsage; readonly pods: readonly PodStats[]; readonly nowMs: number }, metric: Metric): void {
  const seconds = (nanoseconds: number): number => nanoseconds / 1e9;
  const each = (value: (container: ContainerStats) => number): string[] => pods.flatMap(({ pod, containers }) => containers.map((container) => `${labelsOf(pod, container.name)} ${value(container)} ${nowMs}`));
  const whole = (value: (container: ContainerStats) => number): string[] => pods.map(({ pod, containers }) => `${labelsOf(pod)} ${sum(containers.map(value))} ${nowMs}`);
  metric('container_cpu_usage_seconds_total', 'counter', 'Cumulative cpu time consumed by the container in core-seconds', each((container) => seconds(container.cpuUsageCoreNanoseconds)));
  metric('container_memory_working_set_bytes', 'gauge', 'Current working set of the container in bytes', each((container) => container.memoryWorkingSetBytes));
  metric('container_start_time_seconds', 'gauge', 'When the container was started, in seconds since 1970', pods.flatMap(({ pod, state, containers }) => containers.flatMap(({ name, containerId }) => {
    const startedAtMs = state?.containers.find(({ id }) => id === containerId)?.startedAtMs ?? 0;
    return startedAtMs > 0 ? [`${labelsOf(pod, name)} ${startedAtMs / 1000}`] : [];
  })));
  metric('node_cpu_usage_seconds_total', 'counter', 'Cumulative cpu time consumed by the node in core-seconds', [` ${seconds(usage.cpuNanoseconds)} ${nowMs}`]);
  metric('node_memory_working_set_bytes', 'gauge', 'Current working set of the node in bytes', [` ${usage.memoryWorkingSetBytes} ${nowMs}`]);
  metric('pod_cpu_usage_seconds_total', 'counter', 'Cumulative cpu time consumed by the pod in core-seconds', whole((container) => seconds(container.cpuUsageCoreNanoseconds)));
  metric('pod_memory_working_set_bytes', 'gauge', 'Current working set of the pod in bytes', whole((container) => container.memoryWorkingSetBytes));
}
