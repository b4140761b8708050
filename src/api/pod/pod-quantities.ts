import { addQuantity, compareQuantity } from '../meta/quantity.ts';
import type { Quantity } from '../meta/quantity.ts';
import { isZeroQuantity, quantityFrom } from '../meta/resource-list.ts';
import type { Container, ContainerStatus, Pod } from '../types/core/v1.ts';
import { isPodLevelResource } from './validation/resource-names.ts';

export interface PodQuantitiesOptions {
  /** Count what the kubelet has allotted and set, where that is more than the spec asks for (a resize under way). */
  readonly useStatus: boolean;
  /** Add what the runtime class costs. */
  readonly overhead: boolean;
}

type Quantities = Readonly<Record<string, string>> | undefined;
type Total = Record<string, Quantity>;
/** What one container counts with; `infeasible`: the resize that the spec asks for will not happen. */
type Pick = (container: Container, status: ContainerStatus | undefined, infeasible: boolean) => Quantities;

function add(total: Total, more: Quantities): void {
  if (more !== undefined) for (const name in more) total[name] = total[name] === undefined ? quantityFrom(more[name]!) : addQuantity(total[name], quantityFrom(more[name]!));
}

function addTotal(total: Total, more: Total): void {
  for (const name in more) total[name] = total[name] === undefined ? more[name]! : addQuantity(total[name], more[name]!);
}

function raise(total: Total, least: Total): void {
  for (const name in least) if (total[name] === undefined || compareQuantity(least[name]!, total[name]) > 0) total[name] = least[name]!;
}

const statusOf = ({ status }: Pod, name: string): ContainerStatus | undefined =>
  status?.containerStatuses?.find((one) => one.name === name) ?? status?.initContainerStatuses?.find((one) => one.name === name);

const isResizeInfeasible = ({ status }: Pod): boolean => status?.conditions?.find(({ type }) => type === 'PodResizePending')?.reason === 'Infeasible';

/** The sum of the containers, or the largest moment of the start-up, as KEP-753 counts sidecars. */
function aggregate(pod: Pod, useStatus: boolean, pick: Pick): Total {
  const total: Total = {};
  const infeasible = useStatus && isResizeInfeasible(pod);
  const of = (container: Container): Quantities => pick(container, useStatus ? statusOf(pod, container.name) : undefined, infeasible);
  for (const container of pod.spec?.containers ?? []) add(total, of(container));
  if (pod.spec?.initContainers === undefined) return total;
  const sidecars: Total = {};
  const startUp: Total = {};
  for (const container of pod.spec.initContainers) {
    if (container.restartPolicy === 'Always') {
      add(total, of(container));
      add(sidecars, of(container));
      raise(startUp, sidecars);
    } else {
      const own: Total = {};
      add(own, of(container));
      addTotal(own, sidecars);
      raise(startUp, own);
    }
  }
  raise(total, startUp);
  return total;
}

const specRequests: Pick = ({ resources }) => resources?.requests;
const allottedRequests: Pick = ({ resources }, status, infeasible) => status?.allocatedResources ?? (infeasible ? undefined : resources?.requests);
const actualRequests: Pick = ({ resources }, status, infeasible) => status?.resources?.requests ?? status?.allocatedResources ?? (infeasible ? undefined : resources?.requests);
const specLimits: Pick = ({ resources }) => resources?.limits;
const actualLimits: Pick = ({ resources }, status, infeasible) => status?.resources?.limits ?? (infeasible ? undefined : resources?.limits);

function largest(pod: Pod, picks: readonly Pick[]): Total {
  const total: Total = {};
  for (const pick of picks) raise(total, aggregate(pod, true, pick));
  return total;
}

/** Has nothing been told of this pod's containers yet? Then status and spec say the same. */
const isUnreported = ({ status }: Pod): boolean => status?.containerStatuses === undefined && status?.initContainerStatuses === undefined;

/** Does the pod ask for resources as a whole? */
export function hasPodLevelResources({ spec }: Pod): boolean {
  return [spec?.resources?.requests, spec?.resources?.limits].some((list) => Object.keys(list ?? {}).some(isPodLevelResource));
}

function overridePodLevel(total: Total, quantities: Quantities): void {
  for (const name in quantities ?? {}) if (isPodLevelResource(name)) total[name] = quantityFrom(quantities![name]!);
}

/** What a pod requests, exactly (upstream's resourcehelper.PodRequests). `podAmounts` is its fast sister in plain numbers. */
export function podRequests(pod: Pod, { useStatus, overhead }: PodQuantitiesOptions): Record<string, Quantity> {
  const infeasible = useStatus && isResizeInfeasible(pod);
  const total = !useStatus || isUnreported(pod) ? aggregate(pod, false, specRequests) : largest(pod, infeasible ? [actualRequests, allottedRequests] : [specRequests, actualRequests, allottedRequests]);
  overridePodLevel(total, pod.spec?.resources?.requests);
  if (overhead) add(total, pod.spec?.overhead);
  return total;
}

/** What a pod may use at most, exactly (upstream's resourcehelper.PodLimits); overhead is added to what is limited. */
export function podLimits(pod: Pod, { useStatus, overhead }: PodQuantitiesOptions): Record<string, Quantity> {
  const infeasible = useStatus && isResizeInfeasible(pod);
  const total = !useStatus || isUnreported(pod) ? aggregate(pod, false, specLimits) : largest(pod, infeasible ? [actualLimits] : [specLimits, actualLimits]);
  overridePodLevel(total, pod.spec?.resources?.limits);
  if (!overhead) return total;
  for (const [name, text] of Object.entries(pod.spec?.overhead ?? {})) {
    const limit = total[name];
    if (limit !== undefined && !isZeroQuantity(limit)) total[name] = addQuantity(limit, quantityFrom(text));
  }
  return total;
}
