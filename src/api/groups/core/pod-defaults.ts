import type { Loose } from '../../meta/loose.ts';
import { addQuantity, formatQuantity, parseQuantity } from '../../meta/quantity.ts';
import type { Container, Pod, PodSpec, PodTemplateSpec } from '../../types/core/v1.ts';
import { applyContainerDefaults, applyRequestDefaults, roundQuantities } from './container-defaults.ts';
import { applyVolumeDefaults } from './volume-defaults.ts';

type Quantities = Record<string, string>;

/** The deprecated name says the same as the current one, which wins. */
function syncServiceAccount(spec: Loose<PodSpec>): void {
  const name = spec.serviceAccountName || spec.serviceAccount || '';
  if (name === '') {
    delete spec.serviceAccountName;
    delete spec.serviceAccount;
  } else {
    // What has them already may be frozen.
    if (spec.serviceAccountName !== name) spec.serviceAccountName = name;
    if (spec.serviceAccount !== name) spec.serviceAccount = name;
  }
}

/** Fills in what a pod's spec leaves out, in place; for pods and templates alike (upstream's SetDefaults_PodSpec). */
export function applyPodSpecDefaults(spec: Loose<PodSpec>): void {
  spec.restartPolicy ||= 'Always';
  spec.dnsPolicy ||= 'ClusterFirst';
  spec.schedulerName ||= 'default-scheduler';
  spec.terminationGracePeriodSeconds ??= 30;
  spec.securityContext ??= {};
  syncServiceAccount(spec);
  if (spec.initContainers !== undefined) for (const container of spec.initContainers) applyContainerDefaults(container);
  if (spec.containers !== undefined) for (const container of spec.containers) applyContainerDefaults(container);
  if (spec.ephemeralContainers !== undefined) for (const container of spec.ephemeralContainers) applyContainerDefaults(container);
  if (spec.volumes !== undefined) for (const volume of spec.volumes) applyVolumeDefaults(volume);
  if (spec.overhead !== undefined) roundQuantities(spec.overhead);
  if (spec.resources !== undefined) {
    roundQuantities(spec.resources.limits);
    roundQuantities(spec.resources.requests);
  }
}

/** What containers and sidecars ask for together, or the greediest moment of the start: `list` of each. */
function aggregate(spec: Loose<PodSpec>, list: 'limits' | 'requests'): Quantities {
  const sum = (into: Quantities, more: Quantities | undefined): void => {
    for (const name in more) into[name] = formatQuantity(addQuantity(into[name] ?? '0', more[name]!));
  };
  const total: Quantities = {};
  const sidecars: Quantities = {};
  const peak: Quantities = {};
  for (const container of spec.containers ?? []) sum(total, container.resources?.[list]);
  for (const container of spec.initContainers ?? []) {
    const moment = { ...sidecars };
    sum(moment, container.resources?.[list]);
    if (container.restartPolicy === 'Always') sum(sidecars, container.resources?.[list]);
    for (const name in moment) if (parseQuantity(moment[name]!).nanos > parseQuantity(peak[name] ?? '0').nanos) peak[name] = moment[name]!;
  }
  sum(total, sidecars);
  for (const name in peak) if (parseQuantity(peak[name]!).nanos > parseQuantity(total[name] ?? '0').nanos) total[name] = peak[name]!;
  return total;
}

const isHugePages = (name: string): boolean => name.startsWith('hugepages-');
const isPodLevel = (name: string): boolean => name === 'cpu' || name === 'memory' || isHugePages(name);

/** Resources of the pod as a whole, where the user gave some of them (KEP-2837). */
function applyPodResourceDefaults(spec: Loose<PodSpec>): void {
  const { resources } = spec;
  if (resources === undefined) return;
  const given = (list: Quantities | undefined): number => Object.keys(list ?? {}).length;
  if (given(resources.limits) + given(resources.requests) === 0) return;
  const limits: Quantities = { ...resources.limits };
  for (const [name, amount] of Object.entries(aggregate(spec, 'limits'))) if (isHugePages(name) && resources.requests?.[name] === undefined) limits[name] ??= amount;
  if (given(limits) > 0) resources.limits = limits;
  if (given(resources.limits) === 0) return;
  const requests: Quantities = { ...resources.requests };
  // Huge pages cannot be overcommitted: their requests are the limits, not what containers ask for.
  for (const [name, amount] of Object.entries(aggregate(spec, 'requests'))) if (isPodLevel(name) && !isHugePages(name)) requests[name] ??= amount;
  for (const [name, amount] of Object.entries(limits)) if (isPodLevel(name)) requests[name] ??= amount;
  if (given(requests) > 0) resources.requests = requests;
}

/** On the host's network a container's port is the host's. */
function applyHostPortDefaults(containers: readonly Loose<Container>[] | undefined): void {
  for (const container of containers ?? []) for (const port of container.ports ?? []) if ((port.hostPort ?? 0) === 0 && port.containerPort !== undefined) port.hostPort = port.containerPort;
}

/** Fills in what a pod leaves out, in place (upstream's SetDefaults_Pod). */
export function applyPodDefaults(pod: Loose<Pod>): void {
  const spec = (pod.spec ??= {});
  applyPodSpecDefaults(spec);
  // Upstream does this where it converts pods, and only those.
  if (spec.terminationGracePeriodSeconds !== undefined && spec.terminationGracePeriodSeconds < 0) spec.terminationGracePeriodSeconds = 1;
  if (spec.containers !== undefined) for (const container of spec.containers) applyRequestDefaults(container);
  if (spec.initContainers !== undefined) for (const container of spec.initContainers) applyRequestDefaults(container);
  applyPodResourceDefaults(spec);
  spec.enableServiceLinks ??= true;
  if (spec.hostNetwork === true) {
    applyHostPortDefaults(spec.containers);
    applyHostPortDefaults(spec.initContainers);
  }
}

export function applyPodTemplateDefaults(template: Loose<PodTemplateSpec> | undefined): void {
  if (template === undefined) return;
  applyPodSpecDefaults((template.spec ??= {}));
}
