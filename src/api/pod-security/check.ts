import type { ObjectMeta } from '../types/meta/v1.ts';
import type { Container, PodSpec, SecurityContext } from '../types/core/v1.ts';

/** Why a check forbids a pod: a few words, and what exactly it found. */
export interface Violation { readonly reason: string; readonly detail: string }

/** One rule of a level, as one range of versions had it. Undefined: the pod is allowed. */
export type Check = (metadata: ObjectMeta, spec: PodSpec) => Violation | undefined;

/** All containers, in the order in which messages name them. */
export function allContainers(spec: PodSpec): readonly Container[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...((spec.ephemeralContainers ?? []) as readonly Container[])];
}

export const joinQuoted = (items: readonly string[]): string => items.map((item) => `"${item}"`).join(', ');
export const plural = (singular: string, several: string, count: number): string => (count === 1 ? singular : several);
export const sorted = (items: Iterable<string>): string[] => [...new Set(items)].sort();

/** `container "a"`, `containers "a", "b"`. */
export const containersNamed = (names: readonly string[]): string => `${plural('container', 'containers', names.length)} ${joinQuoted(names)}`;

/** The names of the containers for which something holds. */
export function containersWhere(spec: PodSpec, holds: (context: SecurityContext | undefined, container: Container) => boolean): string[] {
  return allContainers(spec).filter((container) => holds(container.securityContext, container)).map(({ name }) => name);
}

/** `pod and containers "a", "b"`: who has set something; empty when nobody. */
export function setters(pod: boolean, containers: readonly string[]): string {
  return [...(pod ? ['pod'] : []), ...(containers.length > 0 ? [containersNamed(containers)] : [])].join(' and ');
}

/** Checks from v1.25 on pass pods that say they are for Windows: their validation has refused what the check is about. */
export const exceptWindows = (check: Check): Check => (metadata, spec) => (spec.os?.name === 'windows' ? undefined : check(metadata, spec));

/** Checks from v1.35 on pass pods in a user namespace of their own (KEP-127). */
export const exceptUserNamespaces = (check: Check): Check => (metadata, spec) => (spec.hostUsers === false ? undefined : check(metadata, spec));
