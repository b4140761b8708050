import type { ContainerStatus, Pod, PodCondition } from '../../api/types/core/v1.ts';
import { isSidecar, specOf } from '../pods/pod-spec.ts';
import type { PodPhase } from './phase.ts';

/** The condition types that are the kubelet's to write; all others are kept as they are. */
export const kubeletConditions: ReadonlySet<string> = new Set(['PodScheduled', 'Ready', 'Initialized', 'ContainersReady', 'PodReadyToStartContainers', 'PodResizePending', 'PodResizeInProgress']);

/** The reason of a DisruptionTarget condition that is ours; others have their own. */
export const terminatedByKubelet = 'TerminationByKubelet';

/** Those that are there only while they are true. */
export const resizeConditions: ReadonlySet<string> = new Set(['PodResizePending', 'PodResizeInProgress']);

export interface ConditionInput {
  readonly pod: Pod;
  /** Init and regular containers; undefined when nothing is known of them. */
  readonly statuses: readonly ContainerStatus[];
  readonly phase: PodPhase;
  readonly sandboxReady: boolean;
  /** Conditions of others, for readiness gates. */
  readonly others: readonly PodCondition[];
}

type Verdict = Pick<PodCondition, 'status' | 'reason' | 'message'>;

/** All conditions that the kubelet owns, in upstream's order, without transition times. */
export function generateConditions(input: ConditionInput): PodCondition[] {
  const { generation } = input.pod.metadata;
  const make = (type: string, verdict: Verdict): PodCondition => ({ type, ...(generation !== undefined && { observedGeneration: generation }), ...verdict });
  const containersReady = containersReadyVerdict(input);
  return [
    make('PodReadyToStartContainers', { status: input.sandboxReady ? 'True' : 'False' }),
    make('Initialized', initializedVerdict(input)),
    make('Ready', containersReady.status === 'True' ? readinessGatesVerdict(input) : containersReady),
    make('ContainersReady', containersReady),
    make('PodScheduled', { status: 'True' }),
  ];
}

/** `[a b]`, as Go prints a list of strings. */
const list = (names: readonly string[]): string => `[${names.join(' ')}]`;

function containersReadyVerdict({ pod, statuses, phase }: ConditionInput): Verdict {
  const spec = specOf(pod);
  const unknown: string[] = [];
  const unready: string[] = [];
  for (const { name } of [...(spec.initContainers ?? []).filter(isSidecar), ...spec.containers]) {
    const status = statuses.find((candidate) => candidate.name === name);
    if (status === undefined) unknown.push(name);
    else if (!status.ready) unready.push(name);
  }
  if (phase === 'Succeeded' && unknown.length === 0) return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  return unreadyVerdict('ContainersNotReady', unknown, unready.length > 0 ? `containers with unready status: ${list(unready)}` : undefined);
}

function initializedVerdict({ pod, statuses, phase }: ConditionInput): Verdict {
  const spec = specOf(pod);
  const unknown: string[] = [];
  const incomplete: string[] = [];
  for (const container of spec.initContainers ?? []) {
    const status = statuses.find(({ name }) => name === container.name);
    if (status === undefined) unknown.push(container.name);
    else if (isSidecar(container) ? status.started !== true : !status.ready) incomplete.push(container.name);
  }
  if (phase === 'Succeeded' && unknown.length === 0) return { status: 'True', reason: 'PodCompleted' };
  const anyStarted = spec.containers.some(({ name }) => {
    const status = statuses.find((candidate) => candidate.name === name);
    return status !== undefined && (status.started === true || status.state?.running !== undefined || status.state?.terminated !== undefined || status.lastState?.terminated !== undefined);
  });
  if (anyStarted) return { status: 'True' };
  return unreadyVerdict('ContainersNotInitialized', unknown, incomplete.length > 0 ? `containers with incomplete status: ${list(incomplete)}` : undefined);
}

function unreadyVerdict(reason: string, unknown: readonly string[], message: string | undefined): Verdict {
  const messages = [...(unknown.length > 0 ? [`containers with unknown status: ${list(unknown)}`] : []), ...(message === undefined ? [] : [message])];
  return messages.length === 0 ? { status: 'True' } : { status: 'False', reason, message: messages.join(', ') };
}

function readinessGatesVerdict({ pod, others }: ConditionInput): Verdict {
  const messages = (specOf(pod).readinessGates ?? []).flatMap(({ conditionType }) => {
    const condition = others.find(({ type }) => type === conditionType);
    if (condition === undefined) return [`corresponding condition of pod readiness gate ${JSON.stringify(conditionType)} does not exist.`];
    return condition.status === 'True' ? [] : [`the status of pod readiness gate ${JSON.stringify(conditionType)} is not "True", but ${condition.status}`];
  });
  return messages.length === 0 ? { status: 'True' } : { status: 'False', reason: 'ReadinessGatesNotReady', message: messages.join(', ') };
}
