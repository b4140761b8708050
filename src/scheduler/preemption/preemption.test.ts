import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Node, Pod, PodSpec } from '../../api/types/core/v1.ts';
import type { PodDisruptionBudget } from '../../api/types/policy/v1.ts';
import { SeededRandom } from '../../base/random.ts';
import { podInfoOf } from '../cache/pod-info.ts';
import { usualPreemption } from '../config/settings.ts';
import type { Victims } from '../framework/extender.ts';
import { node, pod, TestCluster } from '../testing/cluster.ts';
import { pickNode } from './candidates.ts';
import { Preemption } from './preemption.ts';

interface Running { readonly name?: string; readonly on?: string; readonly cpu?: string; readonly priority?: number; readonly labels?: Record<string, string>; readonly spec?: Partial<PodSpec>; readonly startTime?: string }

function make({ name, cpu, priority = 0, labels, spec, startTime }: Running): Pod {
  const one = pod({ priority, ...spec }, cpu === undefined ? {} : { cpu }, labels);
  return { ...one, metadata: { ...one.metadata, ...(name !== undefined && { name }) }, ...(startTime !== undefined && { status: { startTime } }) };
}

/** Whom the pod evicts where: `node: victim, victim`; or why nobody. */
function outcome(nodes: readonly Node[], running: readonly Running[], waiting: Running & { readonly nominated?: string }, budgets: readonly PodDisruptionBudget[] = []): string {
  const cluster = new TestCluster({ nodes, running: running.map((one) => [make(one), one.on ?? nodes[0]!.metadata.name!] as const) });
  const preemption = new Preemption({ snapshot: cluster.cache, clock: cluster.clock, random: new SeededRandom(1), budgets: () => budgets, extenders: [] });
  const preemptor = make(waiting);
  const placement = cluster.place(waiting.nominated === undefined ? preemptor : { ...preemptor, status: { nominatedNodeName: waiting.nominated } });
  assert.ok(placement.kind === 'unschedulable', 'it fits without preemption');
  const found = preemption.find(placement.cycle, placement.diagnosis, usualPreemption);
  return found.kind === 'no use' ? found.message : `${found.nodeName}: ${found.victims.pods.map(({ pod: victim }) => victim.metadata.name).join(', ')}`;
}

const budget = (app: string, disruptionsAllowed: number): PodDisruptionBudget => ({ metadata: { namespace: 'default', name: app }, spec: { selector: { matchLabels: { app } } }, status: { disruptionsAllowed, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 } });
const app = (name: string): { readonly labels: Record<string, string> } => ({ labels: { app: name } });
const away: Partial<PodSpec> = { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: { matchLabels: { app: 'a' } }, topologyKey: 'kubernetes.io/hostname' }] } } };
const [a, b] = [node('a'), node('b')];
const takesPort: Partial<PodSpec> = { containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort: 80 }] }] };
const leaving = { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' }, status: { conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler' }] } };

describe('who is evicted', () => {
  for (const [title, nodes, running, waiting, expected, budgets] of [
    ['no more than must be', [a], [{ name: 'v1', cpu: '1' }, { name: 'v2', cpu: '3' }], { cpu: '3', priority: 5 }, 'a: v2', []],
    ['the least important', [a], [{ name: 'low', cpu: '2', priority: 1 }, { name: 'mid', cpu: '2', priority: 2 }], { cpu: '2', priority: 5 }, 'a: low', []],
    ['of equals, who came last', [a], [{ name: 'old', cpu: '2', startTime: '2026-01-01T00:00:00Z' }, { name: 'new', cpu: '2', startTime: '2026-01-02T00:00:00Z' }], { cpu: '2', priority: 5 }, 'a: new', []],
    ['nobody as important', [a], [{ name: 'v', cpu: '4', priority: 5 }], { cpu: '2', priority: 5 }, 'preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.', []],
    ['nobody where the pod could never run', [a], [{ name: 'v', cpu: '4' }], { cpu: '9', priority: 5 }, 'preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.', []],
    ['nobody when that is not enough', [a], [{ name: 'low', cpu: '1' }, { name: 'high', cpu: '3', priority: 9 }], { cpu: '2', priority: 5 }, 'preemption: 0/1 nodes are available: 1 Insufficient cpu.', []],
    ['whom the pod keeps away from', [a], [{ name: 'v', cpu: '1', ...app('a') }, { name: 'w', cpu: '1' }], { cpu: '1', priority: 5, spec: away }, 'a: v', []],
    ['who keeps the pod away', [a], [{ name: 'v', cpu: '1', spec: away }, { name: 'w', cpu: '1' }], { cpu: '1', priority: 5, ...app('a') }, 'a: v', []],
    ['whose host port is wanted', [a], [{ name: 'v', spec: takesPort }, { name: 'w' }], { priority: 5, spec: takesPort }, 'a: v', []],
    ['where no budget is violated', [a, b], [{ name: 'v', on: 'a', cpu: '4', ...app('kept') }, { name: 'w', on: 'b', cpu: '4', priority: 3, ...app('free') }], { cpu: '2', priority: 5 }, 'b: w', [budget('kept', 0), budget('free', 1)]],
    ['of one node, whose budget allows it', [a], [{ name: 'v', cpu: '2', ...app('kept') }, { name: 'w', cpu: '2', priority: 3 }], { cpu: '2', priority: 5 }, 'a: w', [budget('kept', 0)]],
    ['though a budget is violated, if there is no other way', [a], [{ name: 'v', cpu: '4', ...app('kept') }], { cpu: '2', priority: 5 }, 'a: v', [budget('kept', 0)]],
    ['where the most important victim is the least important', [a, b], [{ name: 'v', on: 'a', cpu: '4', priority: 3 }, { name: 'w1', on: 'b', cpu: '2', priority: 2 }, { name: 'w2', on: 'b', cpu: '2', priority: 2 }], { cpu: '4', priority: 5 }, 'b: w1, w2', []],
    ['nobody, by a pod that may not', [a], [{ name: 'v', cpu: '4' }], { cpu: '2', priority: 5, spec: { preemptionPolicy: 'Never' } }, 'preemption: not eligible due to preemptionPolicy=Never.', []],
  ] as const) it(title, () => assert.equal(outcome(nodes, running, waiting, budgets), expected));

  it('nobody else while victims are on their way out', () => {
    const cluster = new TestCluster({ nodes: [a, b] });
    for (const name of ['a', 'b']) cluster.run(make({ cpu: '4' }), name);
    const victim = make({ cpu: '1' });
    cluster.run({ ...victim, metadata: { ...victim.metadata, ...leaving.metadata }, status: leaving.status }, 'a');
    const preemption = new Preemption({ snapshot: cluster.cache, clock: cluster.clock, random: new SeededRandom(1), budgets: () => [], extenders: [] });
    const placement = cluster.place({ ...make({ cpu: '2', priority: 5 }), status: { nominatedNodeName: 'a' } });
    assert.ok(placement.kind === 'unschedulable');
    assert.deepEqual(preemption.find(placement.cycle, placement.diagnosis, usualPreemption), { kind: 'no use', message: 'preemption: not eligible due to a terminating pod on the nominated node.', clear: false });
  });

  it('leaves what plug-ins counted as it was', () => {
    const cluster = new TestCluster({ nodes: [a], running: [[make({ cpu: '1', ...app('a') }), 'a']] });
    const preemption = new Preemption({ snapshot: cluster.cache, clock: cluster.clock, random: new SeededRandom(1), budgets: () => [], extenders: [] });
    const placement = cluster.place(make({ cpu: '1', priority: 5, spec: away }));
    assert.ok(placement.kind === 'unschedulable');
    preemption.find(placement.cycle, placement.diagnosis, usualPreemption);
    assert.deepEqual(placement.cycle.objection(cluster.cache.get('a')!)?.reasons, ["node(s) didn't match pod anti-affinity rules"]);
  });
});

describe('which of several nodes', () => {
  const victims = (violations: number, ...pods: Running[]): Victims => ({ violations, pods: pods.map((one) => podInfoOf(make(one))) });
  const at = (startTime: string, priority = 1): Running => ({ startTime, priority });
  for (const [title, expected, candidates] of [
    ['fewest violations', 'b', { a: victims(1, { priority: 0 }), b: victims(0, { priority: 9 }) }],
    ['lowest of the highest priorities', 'b', { a: victims(0, { priority: 9 }), b: victims(0, { priority: 8 }, { priority: 8 }) }],
    ['lowest sum', 'b', { a: victims(0, { priority: 9 }, { priority: 5 }), b: victims(0, { priority: 9 }, { priority: 4 }) }],
    ['fewest victims, also of negative priority', 'b', { a: victims(0, { priority: -5 }, { priority: -5 }), b: victims(0, { priority: -5 }) }],
    ['latest start of the most important', 'b', { a: victims(0, at('2026-01-01T00:00:00Z'), at('2026-01-09T00:00:00Z')), b: victims(0, at('2026-01-02T00:00:00Z'), at('2026-01-03T00:00:00Z')) }],
  ] as const) it(title, () => assert.equal(pickNode(new Map(Object.entries(candidates)), 0), expected));
});

describe('pods that were promised a node', () => {
  it('count as running there for those that are no more important', () => {
    const cluster = new TestCluster({ nodes: [a] });
    cluster.nominator.nominate(podInfoOf(make({ cpu: '3', priority: 5 })), 'a');
    assert.equal(cluster.outcome(make({ cpu: '2', priority: 5 })), '0/1 nodes are available: 1 Insufficient cpu.');
    assert.equal(cluster.outcome(make({ cpu: '2', priority: 6 })), 'a');
    assert.equal(cluster.outcome(make({ cpu: '1', priority: 1 })), 'a');
  });

  it('are nothing to be near to: they may never come', () => {
    const cluster = new TestCluster({ nodes: [a] });
    cluster.nominator.nominate(podInfoOf(make({ priority: 5, ...app('a') })), 'a');
    const near: Partial<PodSpec> = { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: { matchLabels: { app: 'a' } }, topologyKey: 'kubernetes.io/hostname' }] } } };
    assert.equal(cluster.outcome(make({ spec: near })), "0/1 nodes are available: 1 node(s) didn't match pod affinity rules.");
  });

  it('are tried on their node first', () => {
    const cluster = new TestCluster({ nodes: [a, node('roomy', { cpu: '64', memory: '64Gi' })] });
    assert.equal(cluster.outcome({ ...make({ cpu: '1' }), status: { nominatedNodeName: 'a' } }), 'a');
  });
});
