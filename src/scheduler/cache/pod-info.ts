import { joinKey, nameOf, namespaceOf, uidOf } from '../../api/meta/object.ts';
import type { HostPort } from '../../api/pod/host-ports.ts';
import { hostPortsOf } from '../../api/pod/host-ports.ts';
import { amountOf, podAmounts } from '../../api/pod/resources.ts';
import type { Amounts } from '../../api/pod/resources.ts';
import type { Container, ContainerStatus, Pod } from '../../api/types/core/v1.ts';
import type { AffinityTerms } from './affinity-term.ts';
import { affinityTermsOf } from './affinity-term.ts';

/** A pod with what the scheduler computes of it once. */
export interface PodInfo {
  /** The latest that was seen of it, status included. */
  readonly pod: Pod;
  readonly key: string;
  readonly uid: string;
  readonly namespace: string;
  readonly requests: Amounts;
  /** For scoring: containers without requests count as a little. */
  readonly scoringRequests: Amounts;
  readonly hostPorts: readonly HostPort[];
  readonly priority: number;
  readonly terms: AffinityTerms;
}

/** What pods that state no requests count as when nodes are scored, so that they spread (upstream's defaults). */
const assumedRequests = { cpu: '100m', memory: '200Mi' };

type Quantities = Readonly<Record<string, string>>;

/** The larger of each. */
function larger(a: Quantities, b: Quantities | undefined): Quantities {
  if (b === undefined) return a;
  const result: Record<string, string> = { ...a };
  for (const resource in b) if (result[resource] === undefined || amountOf(resource, b[resource]!) > amountOf(resource, result[resource])) result[resource] = b[resource]!;
  return result;
}

/**
 * What a container takes of its node: while it is resized in place, the most of what it asks for, was promised and has;
 * a resize that can never be granted does not count (KEP-1287).
 */
function requestsOf(pod: Pod): (container: Container) => Quantities | undefined {
  const statuses = new Map<string, ContainerStatus>();
  for (const status of [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])]) if (status.resources !== undefined || status.allocatedResources !== undefined) statuses.set(status.name, status);
  if (statuses.size === 0) return (container) => container.resources?.requests;
  const infeasible = pod.status?.conditions?.some(({ type, reason }) => type === 'PodResizePending' && reason === 'Infeasible') === true;
  return (container) => {
    const status = statuses.get(container.name);
    const asked = container.resources?.requests;
    if (status === undefined) return asked;
    const has = larger(status.resources?.requests ?? {}, status.allocatedResources);
    return infeasible ? has : larger(asked ?? {}, has);
  };
}

const statesBoth = ({ resources }: Container): boolean => resources?.requests?.['cpu'] !== undefined && resources.requests['memory'] !== undefined;

export function podInfoOf(pod: Pod): PodInfo {
  const pick = requestsOf(pod);
  const requests = podAmounts(pod, pick);
  const complete = pod.spec?.containers.every(statesBoth) === true && (pod.spec.initContainers ?? []).every(statesBoth);
  return {
    pod,
    key: joinKey(namespaceOf(pod), nameOf(pod)),
    uid: uidOf(pod),
    namespace: namespaceOf(pod),
    requests,
    scoringRequests: complete ? requests : podAmounts(pod, (container) => ({ ...assumedRequests, ...pick(container) })),
    hostPorts: hostPortsOf(pod),
    priority: pod.spec?.priority ?? 0,
    terms: affinityTermsOf(pod),
  };
}

/** Names of the claims that the pod's volumes use; those of ephemeral volumes follow from the names of pod and volume. */
export function claimsOf(pod: Pod): { readonly name: string; readonly ephemeral: boolean }[] {
  return (pod.spec?.volumes ?? []).flatMap((volume): { readonly name: string; readonly ephemeral: boolean }[] => {
    if (volume.persistentVolumeClaim !== undefined) return [{ name: volume.persistentVolumeClaim.claimName, ephemeral: false }];
    return volume.ephemeral === undefined ? [] : [{ name: `${nameOf(pod)}-${volume.name}`, ephemeral: true }];
  });
}
