import { KubectlError } from '../../errors.ts';
import type { AnyObject } from '../../resources/item.ts';
import { goType } from '../../resources/pods-of.ts';

export interface EnvVar { readonly name: string; readonly value?: string; readonly valueFrom?: EnvSource }
export interface EnvSource {
  readonly secretKeyRef?: { readonly name?: string; readonly key: string };
  readonly configMapKeyRef?: { readonly name?: string; readonly key: string };
  readonly fieldRef?: { readonly fieldPath: string };
  readonly resourceFieldRef?: { readonly containerName?: string; readonly resource: string; readonly divisor?: string };
}
export interface Requirements { readonly limits?: Readonly<Record<string, string>>; readonly requests?: Readonly<Record<string, string>> }
export interface Container { readonly name: string; readonly image?: string; readonly env?: readonly EnvVar[]; readonly resources?: Requirements }
export interface PodSpec { readonly containers?: readonly Container[]; readonly initContainers?: readonly Container[]; readonly serviceAccountName?: string; readonly serviceAccount?: string }

/** Where the pod spec is in an object. Throws KubectlError for a kind that has none. */
function podSpecPath(object: AnyObject): readonly string[] {
  switch (object.kind) {
    case 'Pod': return ['spec'];
    case 'CronJob': return ['spec', 'jobTemplate', 'spec', 'template', 'spec'];
    case 'Deployment': case 'DaemonSet': case 'StatefulSet': case 'ReplicaSet': case 'ReplicationController': case 'Job': return ['spec', 'template', 'spec'];
    default: throw new KubectlError(`the object is not a pod or does not have a pod template: ${goType(object)}`);
  }
}

function changedAt(value: unknown, path: readonly string[], change: (spec: PodSpec) => PodSpec): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return change((value ?? {}) as PodSpec);
  const held = (value ?? {}) as Readonly<Record<string, unknown>>;
  return { ...held, [key]: changedAt(held[key], rest, change) };
}

/** The object with another pod spec. */
export const withPodSpec = (object: AnyObject, change: (spec: PodSpec) => PodSpec): AnyObject => changedAt(object, podSpecPath(object), change) as AnyObject;

/** The spec with other containers, where their name fits the pattern: those that run, then those that run before. `found` tells how many. */
export function changeContainers(spec: PodSpec, pattern: string, change: (container: Container) => Container): { readonly spec: PodSpec; readonly found: number } {
  let found = 0;
  const each = (list: readonly Container[]): readonly Container[] => list.map((container) => {
    if (!matchesPattern(container.name, pattern)) return container;
    found++;
    return change(container);
  });
  const changed = { ...spec, ...(spec.containers !== undefined && { containers: each(spec.containers) }), ...(spec.initContainers !== undefined && { initContainers: each(spec.initContainers) }) };
  return { spec: changed, found };
}

/** Whether a name fits a pattern with `*` in it. */
export function matchesPattern(name: string, pattern: string): boolean {
  return new RegExp(`^${pattern.split('*').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`).test(name);
}
