import type { Job } from '../../api/types/batch/v1.ts';
import type { Container, Pod, PodTemplateSpec } from '../../api/types/core/v1.ts';
import { activePodOrder } from '../common/pod-order.ts';
import { trackingFinalizer } from './job-state.ts';
import { judgeFailure } from './pod-failure-policy.ts';

/** An annotation and a label of the pods of indexed jobs. */
const indexKey = 'batch.kubernetes.io/job-completion-index';
const failureCountKey = 'batch.kubernetes.io/job-index-failure-count';
const ignoredFailureCountKey = 'batch.kubernetes.io/job-index-ignored-failure-count';
const maxInt32 = 2 ** 31 - 1;
/** The server adds five characters to a generated name, which may have 63. */
const maxGenerateNameLength = 58;

/** The index that a pod works on; undefined when it does not say, or not well. */
export function completionIndex({ metadata }: Pod): number | undefined {
  const text = metadata.annotations?.[indexKey] ?? '';
  return /^\+?[0-9]+$/.test(text) ? Number(text) : undefined;
}

/** The index, if the job has it. */
export function validIndex(pod: Pod, { spec }: Job): number | undefined {
  const index = completionIndex(pod);
  return index !== undefined && index < (spec?.completions ?? 0) ? index : undefined;
}

export function indexesOf(pods: readonly Pod[]): Set<number> {
  return new Set(pods.map(completionIndex).filter((index) => index !== undefined));
}

/** Pods without an index first. */
export function byCompletionIndex(a: Pod, b: Pod): number {
  return (completionIndex(a) ?? -1) - (completionIndex(b) ?? -1);
}

function countIn(pod: Pod, key: string): number {
  const text = pod.metadata.annotations?.[key] ?? '';
  const count = /^[+-]?[0-9]+$/.test(text) ? Number(text) : 0;
  return count < 0 || count > maxInt32 ? 0 : count;
}

/** How often the index had failed when the pod was made, without failures that were ignored. */
export const indexFailures = (pod: Pod): number => countIn(pod, failureCountKey);
/** With those that were ignored. */
export const allIndexFailures = (pod: Pod): number => countIn(pod, failureCountKey) + countIn(pod, ignoredFailureCountKey);

/**
 * Active pods of an indexed job that are too many whatever its parallelism: without an index, beyond the completions,
 * or with an index that another pod has. `rest` are the others.
 */
export function misplacedPods(pods: readonly Pod[], completions: number): { readonly misplaced: Pod[]; readonly rest: Pod[] } {
  const [misplaced, rest]: [Pod[], Pod[]] = [[], []];
  for (const [index, same] of Map.groupBy(pods.toSorted(byCompletionIndex), completionIndex)) {
    if (index === undefined || index >= completions) misplaced.push(...same);
    else {
      const ordered = same.length === 1 ? same : same.toSorted(activePodOrder());
      misplaced.push(...ordered.slice(0, -1));
      rest.push(ordered.at(-1)!);
    }
  }
  return { misplaced, rest };
}

function withIndexVariable(container: Container): Container {
  const name = 'JOB_COMPLETION_INDEX';
  if (container.env?.some((variable) => variable.name === name) === true) return container;
  return { ...container, env: [...(container.env ?? []), { name, valueFrom: { fieldRef: { fieldPath: `metadata.labels['${indexKey}']` } } }] };
}

/** The template of a job's pods: with the finalizer, and with the index in the environment where there are indexes. */
export function podTemplateOf({ spec }: Job): PodTemplateSpec {
  const template = spec?.template ?? {};
  const finalizers = template.metadata?.finalizers ?? [];
  const metadata = { ...template.metadata, finalizers: finalizers.includes(trackingFinalizer) ? finalizers : [...finalizers, trackingFinalizer] };
  const pod = template.spec;
  if (spec?.completionMode !== 'Indexed' || pod === undefined) return { ...template, metadata };
  return {
    ...template,
    metadata,
    spec: {
      ...pod,
      containers: pod.containers.map(withIndexVariable),
      ...(pod.initContainers !== undefined && { initContainers: pod.initContainers.map(withIndexVariable) }),
    },
  };
}

/** The template for one index. `replaced`: the failed pod whose place the new one takes, where failures count by index. */
export function templateForIndex(job: Job, template: PodTemplateSpec, index: number, replaced: Pod | undefined): PodTemplateSpec {
  return {
    ...template,
    metadata: {
      ...template.metadata,
      annotations: {
        ...template.metadata?.annotations,
        [indexKey]: `${index}`,
        ...(job.spec?.backoffLimitPerIndex !== undefined && failureCounts(job, replaced)),
      },
      labels: { ...template.metadata?.labels, [indexKey]: `${index}` },
    },
    ...(template.spec !== undefined && { spec: { ...template.spec, hostname: `${job.metadata.name}-${index}` } }),
  };
}

function failureCounts({ spec }: Job, replaced: Pod | undefined): Record<string, string> {
  if (replaced === undefined) return { [failureCountKey]: '0' };
  const { counts } = judgeFailure(spec?.podFailurePolicy, replaced);
  const failures = countIn(replaced, failureCountKey) + (counts ? 1 : 0);
  const ignored = countIn(replaced, ignoredFailureCountKey) + (counts ? 0 : 1);
  return { [failureCountKey]: `${failures}`, ...(ignored > 0 && { [ignoredFailureCountKey]: `${ignored}` }) };
}

/** `NAME-INDEX-`, where NAME gives way when that is too long. */
export function generateNameFor({ metadata }: Job, index: number): string {
  const name = metadata.name ?? '';
  const suffix = `-${index}-`;
  return name.length + suffix.length > maxGenerateNameLength ? `${name.slice(0, maxGenerateNameLength - suffix.length)}${suffix}` : `${name}${suffix}`;
}
