import type { Container, ContainerStatus, Pod, PodCondition } from '../../api/types/core/v1.ts';
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

type Verdict = Readonly<Pick<PodCondition, 'status' | 'reason' | 'message'>>;
const isTrue: Verdict = { status: 'True' };

/** All conditions that the kubelet owns, in upstream's order, without transition times. */
export function generateConditions(input: ConditionInput): PodCondition[] {
  const { generation } = input.pod.metadata;
  const make = (type: string, { status, reason, message }: Verdict): PodCondition => {
    const condition: PodCondition = generation === undefined ? { type, status } : { type, observedGeneration: generation, status };
    if (reason !== undefined) condition.reason = reason;
    if (message !== undefined) condition.message = message;
    return condition;
  };
  const containersReady = containersReadyVerdict(input);
  return [
    make('PodReadyToStartContainers', { status: input.sandboxReady ? 'True' : 'False' }),
    make('Initialized', initializedVerdict(input)),
    make('Ready', containersReady.status === 'True' ? readinessGatesVerdict(input) : containersReady),
    make('ContainersReady', containersReady),
    make('PodScheduled', isTrue),
  ];
}

/** `[a b]`, as Go prints a list of strings. */
const list = (names: readonly string[]): string => `[${names.join(' ')}]`;

function containersReadyVerdict({ pod, statuses, phase }: ConditionInput): Verdict {
  const spec = specOf(pod);
  const unknown: string[] = [];
  const unready: string[] = [];
  const look = ({ name }: Container): void => {
    const status = statuses.find((candidate) => candidate.name === name);
    if (status === undefined) unknown.push(name);
    else if (!status.ready) unready.push(name);
  };
  for (const container of spec.initContainers ?? []) if (isSidecar(container)) look(container);
  for (const container of spec.containers) look(container);
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
  if (anyStarted) return isTrue;
  return unreadyVerdict('ContainersNotInitialized', unknown, incomplete.length > 0 ? `containers with incomplete status: ${list(incomplete)}` : undefined);
}

function unreadyVerdict(reason: string, unknown: readonly string[], message: string | undefined): Verdict {
  const messages: string[] = [];
  if (unknown.length > 0) messages.push(`containers with unknown status: ${list(unknown)}`);
  if (message !== undefined) messages.push(message);
  return messages.length === 0 ? isTrue : { status: 'False', reason, message: messages.join(', ') };
}

function readinessGatesVerdict({ pod, others }: ConditionInput): Verdict {
  const { readinessGates = [] } = specOf(pod);
  if (readinessGates.length === 0) return isTrue;
  const messages = readinessGates.flatMap(({ conditionType }) => {
    const condition = others.find(({ type }) => type === conditionType);
    if (condition === undefined) return [`corresponding condition of pod readiness gate ${JSON.stringify(conditionType)} does not exist.`];
    return condition.status === 'True' ? [] : [`the status of pod readiness gate ${JSON.stringify(conditionType)} is not "True", but ${condition.status}`];
  });
  return messages.length === 0 ? isTrue : { status: 'False', reason: 'ReadinessGatesNotReady', message: messages.join(', ') };
}
