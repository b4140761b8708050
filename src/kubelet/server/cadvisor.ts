import { nameOf, namespaceOf, uidOf } from '../../api/meta/object.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { ContainerStats, ContainerStatus } from '../../runtime/runtime.ts';
import { findContainer } from '../pods/pod-spec.ts';
import { containerResources, podCgroupParent } from '../resources/linux-resources.ts';
import type { ServedKubelet } from './served-kubelet.ts';

interface Running { readonly pod: Pod; readonly status: ContainerStatus; readonly stats: ContainerStats }

const escaped = (text: string): string => text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');

/**
 * /metrics/cadvisor in Prometheus' text format, under the names and labels that dashboards look for: what the runtime and the
 * pods' specs tell of CPU, memory, file system and limits. There are no series of the network or of single devices.
 */
export async function cadvisorMetrics(kubelet: ServedKubelet): Promise<string> {
  const { runtime, machine, clock, cgroupRoot } = kubelet.context;
  const nowMs = Math.floor(clock.now());
  const stats = await runtime.containerStats();
  const running = kubelet.pods().flatMap((pod): Running[] => {
    const containers = kubelet.findPod(namespaceOf(pod), nameOf(pod), uidOf(pod))?.state.containers ?? [];
    return containers.flatMap((status): Running[] => {
      const own = status.state === 'running' ? stats.find(({ containerId }) => containerId === status.id) : undefined;
      return own === undefined ? [] : [{ pod, status, stats: own }];
    });
  });
  const lines: string[] = [];
  const metric = (name: string, type: 'counter' | 'gauge', help: string, value: (one: Running) => number | undefined, more = ''): void => {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    for (const one of running) {
      const found = value(one);
      if (found === undefined) continue;
      const { pod, status } = one;
      const labels = { container: status.name, id: `${podCgroupParent(cgroupRoot, pod)}/${status.id}`, image: status.image, name: status.id, namespace: namespaceOf(pod), pod: nameOf(pod) };
      lines.push(`${name}{${Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`).join(',')}${more}} ${found} ${nowMs}`);
    }
  };
  const spec = ({ pod, status }: Running) => {
    const container = findContainer(pod, status.name)?.container;
    return container === undefined ? undefined : containerResources(pod, container, machine.memoryBytes);
  };
  metric('container_cpu_usage_seconds_total', 'counter', 'Cumulative cpu time consumed in seconds.', ({ stats: { cpuUsageCoreNanoseconds } }) => cpuUsageCoreNanoseconds / 1e9, ',cpu="total"');
  metric('container_memory_working_set_bytes', 'gauge', 'Current working set in bytes.', ({ stats: { memoryWorkingSetBytes } }) => memoryWorkingSetBytes);
  metric('container_fs_usage_bytes', 'gauge', 'Number of bytes that are consumed by the container on this filesystem.', ({ stats: { rootfsUsedBytes } }) => rootfsUsedBytes, ',device=""');
  metric('container_start_time_seconds', 'gauge', 'Start time of the container since unix epoch in seconds.', ({ status: { startedAtMs } }) => Math.floor(startedAtMs / 1000));
  metric('container_last_seen', 'gauge', 'Last time a container was seen by the exporter', () => Math.floor(nowMs / 1000));
  metric('container_spec_cpu_period', 'gauge', 'CPU period of the container.', (one) => spec(one)?.cpuPeriod);
  metric('container_spec_cpu_quota', 'gauge', 'CPU quota of the container.', (one) => spec(one)?.cpuQuota || undefined);
  metric('container_spec_cpu_shares', 'gauge', 'CPU share of the container.', (one) => spec(one)?.cpuShares);
  metric('container_spec_memory_limit_bytes', 'gauge', 'Memory limit for the container.', (one) => spec(one)?.memoryLimitBytes ?? 0);
  for (const [name, help, value] of [['machine_cpu_cores', 'Number of logical CPU cores.', machine.cores], ['machine_memory_bytes', 'Amount of memory installed on the machine.', machine.memoryBytes]] as const) {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, `${name}{boot_id="${escaped(machine.bootId)}",machine_id="${escaped(machine.machineId)}",system_uuid="${escaped(machine.systemUuid)}"} ${value} ${nowMs}`);
  }
  return `${lines.join('\n')}\n`;
}
