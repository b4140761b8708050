import { semanticEqual } from '../../api/meta/equal.ts';
import type { PodTemplateSpec } from '../../api/types/core/v1.ts';
import { safeEncode } from '../common/history/hash.ts';

export const podTemplateHashLabel = 'pod-template-hash';

/**
 * A name for a pod template: the same for equal templates, however their members are ordered; at most ten characters
 * that are safe in names. `collisionCount` makes another one when a name is taken by something else.
 */
export function podTemplateHash(template: PodTemplateSpec, collisionCount: number | undefined): string {
  let hash = fnv1a(canonical(template), 0x811c9dc5);
  if (collisionCount !== undefined) hash = fnv1a(`#${collisionCount}`, hash);
  return safeEncode(hash);
}

function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  const members = Object.entries(value).filter(([, member]) => member !== undefined && member !== null).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join()}}`;
}

function fnv1a(text: string, seed: number): number {
  let hash = seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}

/** Are two templates the same, but for the hash label that the controller adds? */
export function equalIgnoringHash(a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean {
  return semanticEqual(withoutHash(a), withoutHash(b));
}

function withoutHash(template: PodTemplateSpec | undefined): unknown {
  const { [podTemplateHashLabel]: _hash, ...labels } = template?.metadata?.labels ?? {};
  const metadata = { ...template?.metadata };
  delete metadata.labels;
  delete metadata.creationTimestamp;
  return { spec: template?.spec, metadata, labels };
}
