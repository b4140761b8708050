import { findCondition } from '../../api/meta/conditions.ts';
import type { Amounts } from '../../api/pod/resources.ts';
import { amountOf, podAmounts } from '../../api/pod/resources.ts';
import type { Container, ContainerStatus, Pod } from '../../api/types/core/v1.ts';

type Quantities = Readonly<Record<string, string>>;
/** What the kubelet says that a container, or the pod as a whole, was promised and has. */
type Granted = Pick<ContainerStatus, 'allocatedResources' | 'resources'>;

/** What pods that state no requests count as when nodes are scored, so that they spread (upstream's defaults). */
const assumedRequests: Quantities = { cpu: '100m', memory: '200Mi' };

/** The larger of each. */
function larger(a: Quantities, b: Quantities | undefined): Quantities {
  if (b === undefined) return a;
  const result: Record<string, string> = { ...a };
  for (const resource in b) if (result[resource] === undefined || amountOf(resource, b[resource]!) > amountOf(resource, result[resource])) result[resource] = b[resource]!;
  return result;
}

/** Is the pod asked to become what its node can never give? */
export const isResizeInfeasible = ({ status }: Pod): boolean => findCondition(status?.conditions, 'PodResizePending')?.reason === 'Infeasible';

/** While it is resized in place, the most of what is asked for, was promised and is there; what can never be granted does not count (KEP-1287). */
function effective(asked: Quantities | undefined, granted: Granted | undefined, pod: Pod): Quantities | undefined {
  if (granted?.resources === undefined) return asked;
  const has = larger(granted.resources.requests ?? {}, granted.allocatedResources);
  return isResizeInfeasible(pod) ? has : larger(asked ?? {}, has);
}

/** What a container takes of its node. An init container that ends is never resized. */
function containerRequests(pod: Pod): (container: Container) => Quantities | undefined {
  const statuses = new Map<string, ContainerStatus>();
  for (const status of pod.status?.containerStatuses ?? []) if (status.resources !== undefined) statuses.set(status.name, status);
  for (const status of pod.status?.initContainerStatuses ?? []) {
    if (status.resources !== undefined && pod.spec?.initContainers?.some(({ name, restartPolicy }) => name === status.name && restartPolicy === 'Always') === true) statuses.set(status.name, status);
  }
  if (statuses.size === 0) return ({ resources }) => resources?.requests;
  return ({ name, resources }) => effective(resources?.requests, statuses.get(name), pod);
}

const statesBoth = ({ resources }: Container): boolean => resources?.requests?.['cpu'] !== undefined && resources.requests['memory'] !== undefined;

/** What the pod takes of its node; `scoring`: containers without requests count as a little. */
export function effectiveRequests(pod: Pod): { readonly requests: Amounts; readonly scoring: Amounts } {
  const pick = containerRequests(pod);
  const asked = pod.spec?.resources?.requests;
  const ofPod = asked === undefined ? undefined : effective(asked, pod.status, pod);
  const requests = podAmounts(pod, pick, ofPod);
  if (asked === undefined && pod.spec?.containers.every(statesBoth) === true && (pod.spec.initContainers ?? []).every(statesBoth)) return { requests, scoring: requests };
  // Where the pod as a whole asks for something, only what nobody asks for is assumed.
  const assumed = asked === undefined ? assumedRequests : Object.fromEntries(Object.entries(assumedRequests).filter(([resource]) => requests[resource] === undefined));
  return { requests, scoring: podAmounts(pod, (container) => ({ ...assumed, ...pick(container) }), ofPod) };
}
