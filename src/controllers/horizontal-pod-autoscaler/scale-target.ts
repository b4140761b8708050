import { nameOf } from '../../api/meta/object.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { ResourceType } from '../../api/resource-type.ts';
import { isReason } from '../../api/status.ts';
import type { Scale } from '../../api/types/autoscaling/v1.ts';
import type { HorizontalPodAutoscaler } from '../../api/types/autoscaling/v2.ts';
import type { Client } from '../../client/client.ts';
import type { Kinds } from './kinds.ts';

/** How often a scale is written when others write it at the same time. */
const maxAttempts = 5;

/** What is scaled: any resource that has the subresource. */
export interface ScaleTarget {
  readonly type: ResourceType<KubeObject>;
  readonly scale: Scale;
}

/** An error of the target, with what the whole reconciliation says before it. */
export class TargetError extends Error {
  readonly prefix: string;
  /** It is the autoscaler that is wrong, whatever the cluster has. */
  readonly isOfSpec: boolean;

  constructor(prefix: string, cause: unknown, isOfSpec = false) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.prefix = prefix;
    this.isOfSpec = isOfSpec;
  }
}

/** Kind, namespace and name of the target, for messages. */
export function describeTarget({ metadata, spec: { scaleTargetRef } }: HorizontalPodAutoscaler): string {
  return `${scaleTargetRef.kind}/${metadata.namespace ?? ''}/${scaleTargetRef.name}`;
}

/** Finds the target and reads its scale. Rejects with TargetError. */
export async function readScale(client: Client, kinds: Kinds, autoscaler: HorizontalPodAutoscaler): Promise<ScaleTarget> {
  const { apiVersion = '', kind, name } = autoscaler.spec.scaleTargetRef;
  const parts = apiVersion.split('/');
  if (parts.length > 2) throw new TargetError('invalid API version in scale target reference', new Error(`unexpected GroupVersion string: ${apiVersion}`), true);
  let types: readonly ResourceType<KubeObject>[];
  try {
    types = await kinds.resourcesOf(parts.length === 2 ? parts[0]! : '', kind);
  } catch (error) {
    throw new TargetError('unable to determine resource for scale target reference', error);
  }
  let firstError: unknown;
  for (const type of types) {
    try {
      return { type, scale: await client.getSubresource<Scale>(type, { namespace: autoscaler.metadata.namespace ?? '', name }, 'scale') };
    } catch (error) {
      firstError ??= error;
    }
  }
  throw new TargetError(`failed to query scale subresource for ${describeTarget(autoscaler)}`, firstError);
}

/** Writes the number of replicas; a conflict is tried again on what is there then. */
export async function writeScale(client: Client, { type, scale: read }: ScaleTarget, replicas: number): Promise<void> {
  let scale = read;
  for (let attempt = 1; ; attempt++) {
    try {
      await client.update<KubeObject>(type, { ...scale, spec: { ...scale.spec, replicas } } as Scale, { subresource: 'scale' });
      return;
    } catch (error) {
      if (!isReason(error, 'Conflict') || attempt >= maxAttempts) throw error;
      scale = await client.getSubresource<Scale>(type, { namespace: scale.metadata.namespace ?? '', name: nameOf(scale) }, 'scale').catch(() => scale);
    }
  }
}
