import { nameOf, namespaceOf, uidOf } from '../../api/meta/object.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import { formatTime } from '../../base/clock.ts';
import type { ContainerStats } from '../../runtime/runtime.ts';
import type { CgroupUsage } from '../host.ts';
import type { PodRuntimeState } from '../pods/pod-runtime.ts';
import { podCgroupParent } from '../resources/linux-resources.ts';
import { podUsage } from './pod-usage.ts';
import type { ServedKubelet } from './served-kubelet.ts';

/** What a pod's running containers use. */
export interface PodStats { readonly pod: Pod; readonly state: PodRuntimeState | undefined; readonly containers: readonly ContainerStats[] }

/** Of pods of which a container runs. */
export async function podStats(kubelet: ServedKubelet): Promise<PodStats[]> {
  const stats = await kubelet.context.runtime.containerStats();
  return kubelet.pods().map((pod) => {
    const state = kubelet.findPod(namespaceOf(pod), nameOf(pod), uidOf(pod))?.state;
    const running = new Set(state?.containers.filter((container) => container.state === 'running').map(({ id }) => id));
    return { pod, state, containers: stats.filter(({ containerId }) => running.has(containerId)) };
  }).filter(({ containers }) => containers.length > 0);
}

export const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** In the Summary's terms; what the kernel does not tell is missing. */
function memoryOf(time: string, workingSetBytes: number, usage: CgroupUsage | undefined): object {
  const { memoryBytes, rssBytes, pageFaults, majorPageFaults } = usage ?? {};
  return { time, ...(memoryBytes !== undefined && { usageBytes: memoryBytes }), workingSetBytes, ...(rssBytes !== undefined && { rssBytes }), ...(pageFaults !== undefined && { pageFaults }), ...(majorPageFaults !== undefined && { majorPageFaults }) };
}

function networkOf(time: string, { interfaces }: CgroupUsage): object | undefined {
  const all = interfaces.map((one) => ({ name: one.name, rxBytes: one.receivedBytes, rxErrors: one.receiveErrors, txBytes: one.sentBytes, txErrors: one.sendErrors }));
  // The one that CNI gives, else whatever is first.
  const main = all.find(({ name }) => name === 'eth0') ?? all[0];
  return main && { time, ...main, interfaces: all };
}

/** The stats/v1alpha1 Summary, with the parts that the runtime and cgroups tell: of the node, pods and containers. */
export async function statsSummary(kubelet: ServedKubelet): Promise<unknown> {
  const { clock, host, nodeName } = kubelet.context;
  const time = formatTime(clock.now());
  const [usage, pods] = await Promise.all([host.usage(), podStats(kubelet)]);
  const volumes = new Map(await Promise.all(pods.map(async ({ pod }) => [uidOf(pod), await kubelet.context.volumes.statsOf(uidOf(pod))] as const)));
  const usages = new Map(await Promise.all(pods.map(async ({ pod, state }) => [uidOf(pod), await podUsage(kubelet.context, pod, state)] as const)));
  const ofContainers = new Map(await Promise.all(pods.flatMap(({ pod, containers }) => containers.map(async ({ containerId }) => [containerId, await host.cgroups.usage(`${podCgroupParent(kubelet.context.cgroupRoot, pod)}/${containerId}`)] as const))));
  const machine = await host.cgroups.usage('/');
  const network = machine && networkOf(time, machine);
  const cpu = (usageCoreNanoSeconds: number): unknown => ({ time, usageCoreNanoSeconds });
  return {
    node: {
      nodeName,
      cpu: cpu(usage.cpuNanoseconds),
      memory: { time, availableBytes: usage.memoryAvailableBytes, workingSetBytes: usage.memoryWorkingSetBytes },
      fs: { time, availableBytes: usage.storageAvailableBytes, capacityBytes: usage.storageCapacityBytes, usedBytes: usage.storageCapacityBytes - usage.storageAvailableBytes, inodesFree: usage.inodesFree, inodes: usage.inodes },
      ...(network !== undefined && { network }),
      rlimit: { time, maxpid: usage.pidsMax, curproc: usage.pidsUsed },
    },
    pods: pods.map(({ pod, containers }) => {
      const whole = usages.get(uidOf(pod));
      const podNetwork = whole && networkOf(time, whole);
      return {
        podRef: { name: nameOf(pod), namespace: namespaceOf(pod), uid: uidOf(pod) },
        startTime: pod.status?.startTime ?? null,
        containers: containers.map((container) => ({ name: container.name, cpu: cpu(container.cpuUsageCoreNanoseconds), memory: memoryOf(time, container.memoryWorkingSetBytes, ofContainers.get(container.containerId)), rootfs: { time, usedBytes: container.rootfsUsedBytes } })),
        cpu: cpu(whole?.cpuNanoseconds ?? sum(containers.map(({ cpuUsageCoreNanoseconds }) => cpuUsageCoreNanoseconds))),
        memory: memoryOf(time, whole?.workingSetBytes ?? sum(containers.map(({ memoryWorkingSetBytes }) => memoryWorkingSetBytes)), whole),
        ...(podNetwork !== undefined && { network: podNetwork }),
        ...(whole?.processes !== undefined && { process_stats: { process_count: whole.processes } }),
        volume: (volumes.get(uidOf(pod)) ?? []).map(({ name, claimName, stats }) => ({ time, ...stats, name, ...(claimName !== undefined && { pvcRef: { name: claimName, namespace: namespaceOf(pod) } }) })),
      };
    }),
  };
}
