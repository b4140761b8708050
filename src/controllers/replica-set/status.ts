import { findCondition } from '../../api/meta/conditions.ts';
import { semanticEqual } from '../../api/meta/equal.ts';
import { selectorFromLabels } from '../../api/meta/labels.ts';
import type { Pod, PodTemplateSpec } from '../../api/types/core/v1.ts';
import type { ReplicaSetCondition, ReplicaSetStatus } from '../../api/types/apps/v1.ts';
import { formatTime } from '../../base/clock.ts';
import { messageOf } from '../common/errors.ts';
import { availableInMs, isReady } from '../common/pods.ts';

export interface StatusInput {
  readonly old: ReplicaSetStatus | undefined;
  readonly generation: number | undefined;
  readonly replicas: number;
  readonly minReadySeconds: number;
  readonly template: PodTemplateSpec | undefined;
  readonly active: readonly Pod[];
  /** Undefined where the kind does not report them. */
  readonly terminating: readonly Pod[] | undefined;
  /** Why the number of pods could not be changed. */
  readonly failure: unknown;
  readonly nowMs: number;
}

/** The status that the pods add up to. Zero counts are left out where upstream's JSON leaves them out. */
export function calculateStatus(input: StatusInput): ReplicaSetStatus {
  const { active, old, nowMs } = input;
  const template = selectorFromLabels(input.template?.metadata?.labels);
  const fullyLabeled = active.filter((pod) => template.matches(pod.metadata.labels)).length;
  const ready = active.filter(isReady).length;
  const available = input.minReadySeconds === 0 ? ready : active.filter((pod) => availableInMs(pod, input.minReadySeconds, nowMs) === 0).length;
  const conditions = nextConditions(input);
  return {
    replicas: active.length,
    ...(fullyLabeled > 0 && { fullyLabeledReplicas: fullyLabeled }),
    ...(ready > 0 && { readyReplicas: ready }),
    ...(available > 0 && { availableReplicas: available }),
    ...(input.terminating !== undefined && { terminatingReplicas: input.terminating.length }),
    ...(old?.observedGeneration !== undefined && { observedGeneration: old.observedGeneration }),
    ...(conditions.length > 0 && { conditions }),
  };
}

function nextConditions(input: StatusInput): ReplicaSetCondition[] {
  const conditions = input.old?.conditions ?? [];
  const known = findCondition(conditions, 'ReplicaFailure');
  if (input.failure !== undefined && known === undefined) {
    const excess = input.active.length - input.replicas;
    return [...conditions, {
      type: 'ReplicaFailure',
      status: 'True',
      lastTransitionTime: formatTime(input.nowMs),
      ...(excess !== 0 && { reason: excess < 0 ? 'FailedCreate' : 'FailedDelete' }),
      message: messageOf(input.failure),
    }];
  }
  if (input.failure === undefined && known !== undefined) return conditions.filter(({ type }) => type !== 'ReplicaFailure');
  return conditions;
}

/** Is there nothing to write? Then also the generation has been observed. */
export function statusUnchanged(old: ReplicaSetStatus | undefined, next: ReplicaSetStatus, generation: number | undefined): boolean {
  return old !== undefined && semanticEqual(old, next) && old.observedGeneration === generation;
}
