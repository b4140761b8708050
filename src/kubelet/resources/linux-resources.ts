import { canonicalQuantity, formatQuantity, milliValue, quantityOf, value } from '../../api/meta/quantity.ts';
import type { Container, Pod, ResourceRequirements } from '../../api/types/core/v1.ts';
import type { LinuxResources } from '../../runtime/runtime.ts';
import { specOf } from '../pods/pod-spec.ts';
import { qosClassOf } from './qos.ts';
import { podResources } from './quantities.ts';

const quotaPeriodUs = 100_000;
const minQuotaUs = 1000;
const minShares = 2;
const maxShares = 262_144;
/** Score of the sandbox, and of containers that must live longest. */
const guaranteedOomScore = -997;
export const sandboxOomScore = -998;

/** How much of the processors a cgroup gets beside others. */
export function sharesOf(milliCpu: number): number {
  return milliCpu === 0 ? minShares : Math.min(maxShares, Math.max(minShares, Math.floor((milliCpu * 1024) / 1000)));
}

function quotaOf(milliCpu: number): number {
  return milliCpu === 0 ? 0 : Math.max(minQuotaUs, Math.floor((milliCpu * quotaPeriodUs) / 1000));
}

/** How early the kernel kills a container when memory runs out. */
export function oomScoreAdjOf(pod: Pod, container: Container, memoryCapacityBytes: number): number {
  const priority = specOf(pod).priority ?? 0;
  if (priority >= 2_000_000_000) return guaranteedOomScore;
  switch (qosClassOf(pod)) {
    case 'Guaranteed':
      return guaranteedOomScore;
    case 'BestEffort':
      return 1000;
    case 'Burstable': {
      const request = container.resources?.requests?.['memory'] ?? container.resources?.limits?.['memory'];
      const score = 1000 - Math.floor((1000 * (request === undefined ? 0 : value(request))) / memoryCapacityBytes);
      return Math.min(999, Math.max(3, score));
    }
  }
}

/** What a container's requests and limits are in the units of its cgroup; 0 where there is no limit. */
export type CgroupLimits = Pick<LinuxResources, 'cpuPeriod' | 'cpuQuota' | 'cpuShares' | 'memoryLimitBytes'>;

const noLimits: CgroupLimits = { cpuPeriod: quotaPeriodUs, cpuQuota: quotaOf(0), cpuShares: sharesOf(0), memoryLimitBytes: 0 };
/** They do not change, and are asked for at every look at a container. */
const known = new WeakMap<ResourceRequirements, CgroupLimits>();

export function cgroupLimits(resources: ResourceRequirements | undefined): CgroupLimits {
  if (resources === undefined || (resources.requests === undefined && resources.limits === undefined)) return noLimits;
  let result = known.get(resources);
  if (result === undefined) {
    const { requests = {}, limits = {} } = resources;
    known.set(resources, result = {
      cpuPeriod: quotaPeriodUs,
      cpuQuota: quotaOf(milliValue(limits['cpu'] ?? '0')),
      cpuShares: sharesOf(milliValue(requests['cpu'] ?? limits['cpu'] ?? '0')),
      memoryLimitBytes: value(limits['memory'] ?? '0'),
    });
  }
  return result;
}

/** Limits of one container in the units of its cgroup; 0 where there is none. */
export function containerResources(pod: Pod, container: Container, memoryCapacityBytes: number): LinuxResources {
  return { ...cgroupLimits(container.resources), oomScoreAdj: oomScoreAdjOf(pod, container, memoryCapacityBytes) };
}

/** The same without a quota: it may use the processors that it has whole. */
export function unthrottled(resources: LinuxResources): LinuxResources {
  return { ...resources, cpuQuota: -1 };
}

/** Limits of the whole pod, for its own cgroup: a limit counts only where every container has one. */
export function podLinuxResources(pod: Pod): LinuxResources {
  const spec = specOf(pod);
  const requests = podResources(pod, 'requests');
  const limits = podResources(pod, 'limits');
  const all = (name: string): boolean => spec.resources?.limits?.[name] !== undefined || spec.containers.every(({ resources }) => resources?.limits?.[name] !== undefined && value(resources.limits[name]) > 0);
  const milliRequest = milliValue(requests['cpu'] ?? limits['cpu'] ?? '0');
  return {
    cpuPeriod: quotaPeriodUs,
    cpuQuota: all('cpu') ? quotaOf(milliValue(limits['cpu'] ?? '0')) : 0,
    cpuShares: sharesOf(milliRequest),
    memoryLimitBytes: all('memory') ? value(limits['memory'] ?? '0') : 0,
    oomScoreAdj: sandboxOomScore,
  };
}

/** What a running container has, in the API's terms: `allocated` wherever its cgroup says the same. */
export function actualRequirements(allocated: ResourceRequirements, actual: LinuxResources): ResourceRequirements {
  const expected = cgroupLimits(allocated);
  if (actual.cpuShares === expected.cpuShares && actual.cpuQuota === expected.cpuQuota && actual.memoryLimitBytes === expected.memoryLimitBytes) return limitsAndRequests(allocated);
  const requests = { ...allocated.requests };
  const limits = { ...allocated.limits };
  if (requests['cpu'] !== undefined && actual.cpuShares !== expected.cpuShares) requests['cpu'] = canonicalQuantity(`${Math.ceil((actual.cpuShares * 1000) / 1024)}m`);
  if (limits['cpu'] !== undefined && actual.cpuQuota !== expected.cpuQuota && actual.cpuQuota > 0) limits['cpu'] = canonicalQuantity(`${Math.round((actual.cpuQuota * 1000) / actual.cpuPeriod)}m`);
  if (limits['memory'] !== undefined && Math.abs(actual.memoryLimitBytes - expected.memoryLimitBytes) >= 4096) {
    if (actual.memoryLimitBytes > 0) limits['memory'] = formatQuantity(quantityOf(actual.memoryLimitBytes, 'BinarySI'));
    else delete limits['memory'];
  }
  return { ...(allocated.limits !== undefined && { limits }), ...(allocated.requests !== undefined && { requests }) };
}

/** Nothing but these. */
export function limitsAndRequests({ limits, requests }: ResourceRequirements): ResourceRequirements {
  const result: ResourceRequirements = {};
  if (limits !== undefined) result.limits = limits;
  if (requests !== undefined) result.requests = requests;
  return result;
}

/** `kubepods/burstable/podUID` under the root: where the runtime puts the pod's containers. Guaranteed pods have no level of their own. */
export function podCgroupParent(cgroupRoot: string, pod: Pod): string {
  const qos = qosClassOf(pod);
  const level = qos === 'Guaranteed' ? '' : `/${qos.toLowerCase()}`;
  return `${cgroupRoot}/kubepods${level}/pod${pod.metadata.uid ?? ''}`;
}
