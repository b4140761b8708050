import { nameOf, namespaceOf, uidOf } from '../../api/meta/object.ts';
import type { Container, Pod, PodSpec } from '../../api/types/core/v1.ts';

/** What Linux allows. */
const maxKernelHostname = 64;

/** The spec of a pod, which every pod that was read from the API has. */
export function specOf(pod: Pod): PodSpec {
  return pod.spec ?? { containers: [] };
}

/** `name_namespace(uid)`: how upstream's messages name a pod. */
export function formatPod(pod: Pod): string {
  return `${nameOf(pod)}_${namespaceOf(pod)}(${uidOf(pod)})`;
}

/** An init container that keeps running beside the others. */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always';
}

/** The kinds of containers that a pod has. */
export type ContainerRole = 'init' | 'sidecar' | 'regular' | 'ephemeral';

/** A container and what it is in its pod. */
export interface PlacedContainer { readonly container: Container; readonly role: ContainerRole }

/** Every container of the pod with its role: init containers first, in order. */
export function containersOf(pod: Pod): PlacedContainer[] {
  const { initContainers = [], containers, ephemeralContainers = [] } = specOf(pod);
  const all: PlacedContainer[] = [];
  for (const container of initContainers) all.push({ container, role: isSidecar(container) ? 'sidecar' : 'init' });
  for (const container of containers) all.push({ container, role: 'regular' });
  for (const container of ephemeralContainers) all.push({ container, role: 'ephemeral' });
  return all;
}

export function findContainer(pod: Pod, name: string): PlacedContainer | undefined {
  return containersOf(pod).find(({ container }) => container.name === name);
}

/** Where an event on a container points (`involvedObject.fieldPath`). */
export function containerFieldPath(pod: Pod, name: string): string {
  const spec = specOf(pod);
  if (spec.initContainers?.some((container) => container.name === name)) return `spec.initContainers{${name}}`;
  if (spec.ephemeralContainers?.some((container) => container.name === name)) return `spec.ephemeralContainers{${name}}`;
  return `spec.containers{${name}}`;
}

/** Would a container that ended with this code be started again? Rules on the container come before its and the pod's policy. */
export function shouldRestartAfter(container: Container, spec: PodSpec, exitCode: number): boolean {
  for (const rule of container.restartPolicyRules ?? []) {
    const values = rule.exitCodes?.values ?? [];
    const matches = rule.exitCodes?.operator === 'NotIn' ? !values.includes(exitCode) : values.includes(exitCode);
    if (rule.exitCodes !== undefined && matches) return true;
  }
  switch (container.restartPolicy ?? spec.restartPolicy ?? 'Always') {
    case 'Never':
      return false;
    case 'OnFailure':
      return exitCode !== 0;
    default:
      return true;
  }
}

/** `subdomain.namespace.svc.cluster.local`; empty without a subdomain. */
export function hostDomainOf(pod: Pod, clusterDomain: string): string {
  const { subdomain = '', hostnameOverride } = specOf(pod);
  return subdomain === '' || hostnameOverride !== undefined ? '' : `${subdomain}.${namespaceOf(pod)}.svc.${clusterDomain}`;
}

/** What the kernel of a pod's own network is told as its name. Throws an Error when a full name was asked for and is too long. */
export function kernelHostnameOf(pod: Pod, clusterDomain: string): string {
  const hostname = hostnameOf(pod, '');
  const domain = hostDomainOf(pod, clusterDomain);
  if (specOf(pod).setHostnameAsFQDN !== true || domain === '') return hostname;
  const full = `${hostname}.${domain}`;
  if (full.length > maxKernelHostname) throw new Error(`failed to construct FQDN from pod hostname and cluster domain, FQDN ${full} is too long (${maxKernelHostname} characters is the max, ${full.length} characters requested)`);
  return full;
}

/** The pod's host name, within the 63 characters that Linux allows. */
export function hostnameOf(pod: Pod, nodeHostname: string): string {
  const spec = specOf(pod);
  if (spec.hostNetwork === true && spec.hostnameOverride === undefined) return nodeHostname;
  const wanted = spec.hostnameOverride ?? (spec.hostname !== undefined && spec.hostname !== '' ? spec.hostname : nameOf(pod));
  return wanted.slice(0, 63).replace(/[-.]+$/, '');
}

/** Seconds that the pod's containers get to end: what the deletion asked for, else the spec, else 30. */
export function gracePeriodSecondsOf(pod: Pod): number {
  return pod.metadata.deletionGracePeriodSeconds ?? specOf(pod).terminationGracePeriodSeconds ?? 30;
}

export function isTerminalPhase(phase: string | undefined): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

/** The number of a port given by number or by its name in the container. Undefined when there is none of that name. */
export function resolvePort(port: number | string, container: Container): number | undefined {
  if (typeof port === 'number') return port;
  const named = container.ports?.find((candidate) => candidate.name === port)?.containerPort;
  if (named !== undefined) return named;
  return /^\d+$/.test(port) ? Number(port) : undefined;
}
