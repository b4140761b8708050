import { nameOf } from '../../api/meta/object.ts';
import { matchesRequiredAffinity } from '../../api/pod/node-selector.ts';
import type { DaemonSet } from '../../api/types/apps/v1.ts';
import type { Node, Pod, PodSpec, PodTemplateSpec, Toleration } from '../../api/types/core/v1.ts';
import { tolerates } from '../../api/pod/tolerations.ts';

const nameField = 'metadata.name';
/** The label that says which revision of its daemon set a pod, or a ControllerRevision, is of. */
export const revisionLabel = 'controller-revision-hash';
const generationAnnotation = 'deprecated.daemonset.template.generation';
const generationLabel = 'pod-template-generation';

const exists = (key: string, effect: string): Toleration => ({ key: `node.kubernetes.io/${key}`, operator: 'Exists', effect });
/** What daemon pods tolerate beside what they say: they stay while a node is in trouble. */
const automaticTolerations: readonly Toleration[] = [
  exists('not-ready', 'NoExecute'),
  exists('unreachable', 'NoExecute'),
  exists('disk-pressure', 'NoSchedule'),
  exists('memory-pressure', 'NoSchedule'),
  exists('pid-pressure', 'NoSchedule'),
  exists('unschedulable', 'NoSchedule'),
];
const hostNetworkTolerations: readonly Toleration[] = [exists('network-unavailable', 'NoSchedule')];

const same = (a: Toleration, b: Toleration): boolean =>
  (a.key ?? '') === (b.key ?? '') && (a.effect ?? '') === (b.effect ?? '') && (a.operator ?? '') === (b.operator ?? '') && (a.value ?? '') === (b.value ?? '');

function tolerationsOf(spec: PodSpec | undefined): Toleration[] {
  let tolerations = [...(spec?.tolerations ?? [])];
  for (const automatic of [...automaticTolerations, ...(spec?.hostNetwork === true ? hostNetworkTolerations : [])]) {
    // One that says the same with another tolerationSeconds is replaced.
    if (tolerations.some((one) => same(one, automatic))) tolerations = tolerations.map((one) => (same(one, automatic) ? automatic : one));
    else tolerations.push(automatic);
  }
  return tolerations;
}

/** May a pod of the set be started on the node, and may one that is there stay? */
export interface Placement { readonly shouldRun: boolean; readonly mayStay: boolean }

const nowhere: Placement = { shouldRun: false, mayStay: false };

export function placementOn(node: Node, set: DaemonSet): Placement {
  const spec = set.spec?.template.spec;
  if (spec?.nodeName !== undefined && spec.nodeName !== '' && spec.nodeName !== nameOf(node)) return nowhere;
  if (!matchesRequiredAffinity({ metadata: {}, ...(spec !== undefined && { spec }) }, node)) return nowhere;
  const tolerations = tolerationsOf(spec);
  const untolerated = (node.spec?.taints ?? []).filter((taint) => !tolerations.some((toleration) => tolerates(toleration, taint)));
  if (untolerated.some(({ effect }) => effect === 'NoExecute')) return nowhere;
  return untolerated.some(({ effect }) => effect === 'NoSchedule') ? { shouldRun: false, mayStay: true } : { shouldRun: true, mayStay: true };
}

/** The number that the API server counts changes of the template by, as older versions of the API did. */
function templateGeneration(set: DaemonSet): string | undefined {
  const text = set.metadata.annotations?.[generationAnnotation];
  return text !== undefined && /^[+-]?\d{1,19}$/.test(text) ? String(BigInt(text)) : undefined;
}

/** Was the pod made from the set's template as it is now? */
export function isUpToDate(pod: Pod, set: DaemonSet, hash: string): boolean {
  const { labels } = pod.metadata;
  const generation = templateGeneration(set);
  return (hash !== '' && labels?.[revisionLabel] === hash) || (generation !== undefined && labels?.[generationLabel] === generation);
}

/** The template of the pod for one node: pinned to it by affinity, so that the scheduler still has its say. */
export function templateFor(set: DaemonSet, hash: string, nodeName: string): PodTemplateSpec {
  const { template } = set.spec ?? {};
  const generation = templateGeneration(set);
  const affinity = template?.spec?.affinity;
  return {
    ...template,
    metadata: { ...template?.metadata, labels: { ...template?.metadata?.labels, ...(generation !== undefined && { [generationLabel]: generation }), [revisionLabel]: hash } },
    spec: {
      containers: [],
      ...template?.spec,
      tolerations: tolerationsOf(template?.spec),
      affinity: {
        ...affinity,
        nodeAffinity: {
          ...affinity?.nodeAffinity,
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: [{ key: nameField, operator: 'In', values: [nodeName] }] }] },
        },
      },
    },
  };
}

/** The node that a daemon pod is on or waits for; undefined for one that names none. */
export function targetNodeOf(pod: Pod): string | undefined {
  if (pod.spec?.nodeName !== undefined && pod.spec.nodeName !== '') return pod.spec.nodeName;
  const terms = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const field = terms.flatMap(({ matchFields }) => matchFields ?? []).find(({ key, operator }) => key === nameField && operator === 'In');
  return field?.values?.length === 1 ? field.values[0] : undefined;
}

/** Pods that have a node first, then older ones, then by name. */
export function oldestFirst(a: Pod, b: Pod): number {
  const waiting = ({ spec }: Pod): number => ((spec?.nodeName ?? '') === '' ? 1 : 0);
  const order = waiting(a) - waiting(b);
  if (order !== 0) return order;
  const [left, right] = [a.metadata, b.metadata].map(({ creationTimestamp = '', name = '' }) => `${creationTimestamp} ${name}`);
  return left! < right! ? -1 : Number(left! > right!);
}
