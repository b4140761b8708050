/** In-place resizing: cpu and memory of the pod and its containers, and nothing else (upstream's ValidatePodResize). */
import type { FieldError } from '../../field-error.ts';
import { forbidden, invalid } from '../../field-error.ts';
import { semanticEqual } from '../../meta/equal.ts';
import type { Loose } from '../../meta/loose.ts';
import type { Pod, ResourceRequirements } from '../../types/core/v1.ts';
import { podQosClass } from '../qos.ts';
import type { Errors, LooseContainer, LooseSpec } from './rules.ts';
import { isSidecar } from './rules.ts';
import { mirrorPodKey } from './validate-annotations.ts';
import { validatePodContents } from './validate-pod.ts';

type Quantities = Readonly<Record<string, string>> | undefined;
type Resources = Loose<ResourceRequirements> | undefined;

const removes = (list: Quantities, old: Quantities): boolean => Object.keys(old ?? {}).some((name) => list?.[name] === undefined);

function validateKept(resources: Resources, old: Resources, path: string, errors: Errors): void {
  if (removes(resources?.requests, old?.requests)) errors.push(forbidden(`${path}.requests`, 'resource requests cannot be removed'));
  if (removes(resources?.limits, old?.limits)) errors.push(forbidden(`${path}.limits`, 'resource limits cannot be removed'));
}

function withoutResizable(list: Quantities, old: Quantities): Quantities {
  if (list === undefined && old === undefined) return undefined;
  const { cpu: _cpu, memory: _memory, ...rest } = list ?? {};
  const { cpu, memory } = old ?? {};
  return { ...rest, ...(cpu !== undefined && { cpu }), ...(memory !== undefined && { memory }) };
}

/** Resources whose cpu and memory are the old ones. */
function frozenResources(resources: Resources, old: Resources): Resources {
  const limits = withoutResizable(resources?.limits, old?.limits);
  const requests = withoutResizable(resources?.requests, old?.requests);
  return { ...(limits && Object.keys(limits).length > 0 && { limits }), ...(requests && Object.keys(requests).length > 0 && { requests }), ...(resources?.claims && { claims: resources.claims }) };
}

const isFrozen = (container: LooseContainer, old: LooseContainer): boolean =>
  semanticEqual({ ...container, resources: frozenResources(container.resources, old.resources) }, { ...old, resources: frozenResources(old.resources, old.resources) });

/** A node that reports no resources of a running container knows nothing of resizing. */
function isSupported(old: Loose<Pod>): boolean {
  const running = old.status?.containerStatuses?.find(({ state }) => state?.running !== undefined);
  return running === undefined || running.resources !== undefined;
}

/** Resources of the pod as a whole may grow and shrink as those of its containers. */
function validatePodLevel({ resources }: LooseSpec, { resources: old }: LooseSpec, errors: Errors): void {
  const path = 'spec.resources';
  if (old !== undefined && resources === undefined) return void errors.push(forbidden(path, 'pod-level resources cannot be removed'));
  if (removes(resources?.requests, old?.requests)) errors.push(forbidden(`${path}.requests`, 'pod-level resource requests cannot be removed'));
  if (removes(resources?.limits, old?.limits)) errors.push(forbidden(`${path}.limits`, 'pod-level resource limits cannot be removed'));
  if (!semanticEqual(frozenResources(resources, old), frozenResources(old, old))) errors.push(forbidden('spec', 'only cpu and memory resources are mutable at pod-level'));
}

/** The same containers in the same order. */
function validateOrder(spec: LooseSpec, old: LooseSpec, errors: Errors): boolean {
  const before = errors.length;
  for (const field of ['containers', 'initContainers'] as const) {
    const [list, oldList] = [spec[field] ?? [], old[field] ?? []];
    if (list.length !== oldList.length) errors.push(forbidden(`spec.${field}`, `${field} may not be added or removed on resize`));
    else oldList.forEach(({ name }, i) => { if (list[i]!.name !== name) errors.push(forbidden(`spec.${field}[${i}].name`, `${field} may not be renamed or reordered on resize`)); });
  }
  return errors.length === before;
}

function validateInitContainer(container: LooseContainer, old: LooseContainer, path: string, errors: Errors): void {
  if (!isFrozen(container, old)) errors.push(forbidden(path, 'only cpu and memory resources for init or sidecar containers are mutable'));
  if (isSidecar(container) || semanticEqual(container, old)) return;
  for (const { restartPolicy } of container.resizePolicy ?? []) {
    if (restartPolicy === 'RestartContainer') errors.push(forbidden(path, 'non-sidecar init containers with a resize policy of RestartContainer cannot be resized'));
  }
}

/** Everything that is wrong with a resized pod. */
export function validatePodResize(pod: Loose<Pod>, old: Loose<Pod>): FieldError[] {
  const { spec = {} } = pod;
  const { spec: oldSpec = {} } = old;
  if (old.metadata?.annotations?.[mirrorPodKey] !== undefined) return [forbidden('[]', 'static pods cannot be resized')];
  if (oldSpec.os?.name === 'windows') return [forbidden('[]', 'windows pods cannot be resized')];
  const errors: FieldError[] = [];
  validatePodContents(pod, errors);
  if ((old.status?.qosClass ?? podQosClass(oldSpec)) !== podQosClass(spec)) errors.push(invalid('spec', pod.status?.qosClass ?? '', 'Pod QOS Class may not change as a result of resizing'));
  if (!isSupported(old)) errors.push(forbidden('spec', 'Pod running on node without support for resize'));
  validatePodLevel(spec, oldSpec, errors);
  if (!validateOrder(spec, oldSpec, errors)) return errors;
  oldSpec.initContainers?.forEach((before, i) => validateKept(spec.initContainers![i]!.resources, before.resources, `spec.initContainers[${i}].resources`, errors));
  oldSpec.containers?.forEach((before, i) => validateKept(spec.containers![i]!.resources, before.resources, `spec.containers[${i}].resources`, errors));
  oldSpec.containers?.forEach((before, i) => {
    if (!isFrozen(spec.containers![i]!, before)) errors.push(forbidden('spec', 'only cpu and memory resources are mutable'));
  });
  oldSpec.initContainers?.forEach((before, i) => validateInitContainer(spec.initContainers![i]!, before, `spec.initContainers[${i}]`, errors));
  const rest = { ...spec, containers: oldSpec.containers, initContainers: oldSpec.initContainers, resources: frozenResources(spec.resources, oldSpec.resources) };
  if (errors.length === 0 && !semanticEqual(rest, { ...oldSpec, resources: frozenResources(oldSpec.resources, oldSpec.resources) })) errors.push(forbidden('spec', 'only cpu and memory resources are mutable'));
  return errors;
}
