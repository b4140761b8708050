import type { KubeObject } from '../api/meta/object.ts';
import type { ResourceType } from '../api/resource-type.ts';
import { groupResourceOf } from '../api/resource-type.ts';
import { events, jobs, persistentvolumeclaims, pods, replicasets } from '../api/resources.ts';
import { isReason } from '../api/status.ts';
import type { ContainerStatus, Event, Node, Pod } from '../api/types/core/v1.ts';
import type { Client, ObjectRef } from '../client/client.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';

interface Condition { readonly type: string; readonly status: string; readonly reason?: string; readonly message?: string }

/** Kinds whose objects belong to others, in which the reasons of those lie. */
const owned: readonly ResourceType<KubeObject>[] = [replicasets, jobs, pods, persistentvolumeclaims] as readonly ResourceType<KubeObject>[];
/** Conditions that are good when they are False. */
const goodWhenFalse = /Pressure$|^NetworkUnavailable$|Failure$|^Failed|^DisruptionTarget$|^Suspended$/;
const maxDepth = 3;
/** Of many pods that wait, the first few say what all would. */
const maxChildren = 3;
const maxEvents = 5;

export interface Explainer {
  readonly client: Client;
  /** Knows why pods wait; undefined where it does not run. */
  readonly scheduler: Scheduler | undefined;
}

/**
 * Why an object is as it is, a line each, indented below one another: its conditions that do not hold, its containers
 * that do not run, what the scheduler says of it, the last events about it, and the same of what it owns.
 */
export async function explain(explainer: Explainer, type: ResourceType<KubeObject>, ref: ObjectRef): Promise<readonly string[]> {
  const name = `${groupResourceOf(type)} ${ref.namespace === undefined ? '' : `${ref.namespace}/`}${ref.name}`;
  try {
    return [name, ...(await reasons(explainer, await explainer.client.get(type, ref), 0)).map((line) => `  ${line}`)];
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error;
    return [`${name} does not exist`, ...await missing(explainer.client, type, ref)];
  }
}

/** What there is instead: a misspelt name is found so. */
async function missing(client: Client, type: ResourceType<KubeObject>, { namespace }: ObjectRef): Promise<string[]> {
  const { items } = await client.list(type, namespace === undefined ? {} : { namespace }, { limit: 10 });
  return [items.length === 0 ? `  there are no ${groupResourceOf(type)} there` : `  there are: ${items.map(({ metadata }) => metadata.name).join(', ')}`];
}

async function reasons(explainer: Explainer, object: KubeObject, depth: number): Promise<string[]> {
  const lines = [...replicasOf(object), ...conditionsOf(object)];
  if (object.kind === 'Pod') lines.push(...podLines(object as Pod, explainer.scheduler));
  if (object.kind === 'Node') lines.push(...nodeLines(object as Node));
  lines.push(...await eventsOf(explainer.client, object, lines));
  if (depth >= maxDepth || object.metadata.namespace === undefined) return lines;
  for (const type of owned) {
    const { items } = await explainer.client.list(type, { namespace: object.metadata.namespace });
    const children = items.filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === object.metadata.uid));
    const told = children.map((child) => reasons(explainer, child, depth + 1).then((below) => ({ child, below })));
    const troubled = (await Promise.all(told)).filter(({ below }) => below.length > 0);
    for (const { child, below } of troubled.slice(0, maxChildren)) lines.push(`${child.kind} ${child.metadata.name}`, ...below.map((line) => `  ${line}`));
    if (troubled.length > maxChildren) lines.push(`and ${troubled.length - maxChildren} more ${type.resource} like these`);
  }
  return lines;
}

function replicasOf(object: KubeObject): string[] {
  const { spec, status } = object as { readonly spec?: { readonly replicas?: number }; readonly status?: { readonly readyReplicas?: number; readonly updatedReplicas?: number; readonly replicas?: number } };
  const { replicas = 0, readyReplicas = 0, updatedReplicas } = status ?? {};
  if (spec?.replicas === undefined || (spec.replicas === readyReplicas && spec.replicas === replicas && (updatedReplicas ?? replicas) === replicas)) return [];
  return [`${spec.replicas} replicas wanted: ${replicas} exist${updatedReplicas === undefined ? '' : `, ${updatedReplicas} updated`}, ${readyReplicas} ready`];
}

function conditionsOf(object: KubeObject): string[] {
  const conditions = (object as { readonly status?: { readonly conditions?: readonly Condition[] } }).status?.conditions ?? [];
  const bad = conditions.filter(({ type, status }) => status !== (goodWhenFalse.test(type) ? 'False' : 'True') && type !== 'PodReadyToStartContainers' && type !== 'ContainersReady');
  return bad.map(({ type, status, reason = '', message = '' }) => `${type} is ${status}${reason === '' ? '' : ` (${reason})`}${message === '' ? '' : `: ${message}`}`);
}

function podLines(pod: Pod, scheduler: Scheduler | undefined): string[] {
  const { status, metadata, spec } = pod;
  const lines = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].flatMap(containerLines);
  if (metadata.deletionTimestamp !== undefined) lines.unshift(`is being deleted since ${metadata.deletionTimestamp}${(metadata.finalizers ?? []).length > 0 ? `; finalizers: ${metadata.finalizers!.join(', ')}` : ''}`);
  if (status?.reason !== undefined) lines.unshift(`${status.reason}: ${status.message ?? ''}`);
  if (spec?.nodeName !== undefined || status?.conditions?.some(({ type, message }) => type === 'PodScheduled' && message !== undefined) === true) return lines;
  const diagnosis = metadata.uid === undefined ? undefined : scheduler?.diagnosisOf(metadata.uid)?.message;
  return [diagnosis ?? (scheduler === undefined ? 'no scheduler runs' : 'the scheduler has not found a node yet'), ...lines];
}

function containerLines({ name, state, lastState, restartCount }: ContainerStatus): string[] {
  const ended = state?.terminated ?? lastState?.terminated;
  const lines: string[] = [];
  if (state?.waiting !== undefined) lines.push(`container ${name} waits: ${state.waiting.reason ?? ''}${state.waiting.message === undefined ? '' : `: ${state.waiting.message}`}`);
  if (ended !== undefined && ended.exitCode !== 0) lines.push(`container ${name} ended with code ${ended.exitCode} (${ended.reason ?? ''}), started ${restartCount ?? 0} times again`);
  return lines;
}

function nodeLines({ spec }: Node): string[] {
  return [...(spec?.unschedulable === true ? ['is cordoned'] : []), ...(spec?.taints ?? []).map(({ key, effect, value }) => `taint ${key}${value === undefined ? '' : `=${value}`}:${effect}`)];
}

/** The last warnings, without those whose message was told already. */
async function eventsOf(client: Client, { metadata: { uid, namespace = 'default' } }: KubeObject, told: readonly string[]): Promise<string[]> {
  const { items } = await client.list(events, { namespace }, { fieldSelector: `involvedObject.uid=${uid ?? ''}` });
  const when = ({ lastTimestamp, eventTime, firstTimestamp }: Event): string => lastTimestamp ?? eventTime ?? firstTimestamp ?? '';
  const warnings = items.filter(({ type, message = '' }) => type === 'Warning' && !told.some((line) => line.includes(message))).sort((a, b) => when(a).localeCompare(when(b)));
  return warnings.slice(-maxEvents).map(({ reason = '', message = '', count = 1 }) => `event ${reason}${count > 1 ? ` (${count} times)` : ''}: ${message}`);
}

