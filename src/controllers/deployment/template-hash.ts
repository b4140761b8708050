import { semanticEqual } from '../../api/meta/equal.ts';
import type { PodTemplateSpec } from '../../api/types/core/v1.ts';

export const podTemplateHashLabel = 'pod-template-hash';

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
