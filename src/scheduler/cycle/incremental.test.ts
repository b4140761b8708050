import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LabelSelector } from '../../api/types/meta/v1.ts';
import type { Node, Pod, PodSpec } from '../../api/types/core/v1.ts';
import { SeededRandom } from '../../base/random.ts';
import { podInfoOf } from '../cache/pod-info.ts';
import { usualPreemption } from '../config/settings.ts';
import { Preemption } from '../preemption/preemption.ts';
import { node, pod, TestCluster } from '../testing/cluster.ts';

const zone = 'topology.kubernetes.io/zone';
const hostname = 'kubernetes.io/hostname';

type Affinity = NonNullable<PodSpec['affinity']>;
const like = (app: string): LabelSelector => ({ matchLabels: { app } });
const term = (app: string, topologyKey: string) => ({ labelSelector: like(app), topologyKey });
const near = (app: string, key: string): Affinity => ({ podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term(app, key)] } });
const away = (app: string, key: string): Affinity => ({ podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term(app, key)] } });
const prefers = (app: string, key: string): Affinity => ({ podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 40, podAffinityTerm: term(app, key) }] } });
const avoids = (app: string, key: string): Affinity => ({ podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 70, podAffinityTerm: term(app, key) }] } });
const spread = (app: string, topologyKey: string, more: Partial<NonNullable<PodSpec['topologySpreadConstraints']>[number]> = {}) => ({ maxSkew: 1, topologyKey, whenUnsatisfiable: 'DoNotSchedule', labelSelector: like(app), ...more });

/** Workloads of all kinds whose pods see one another. */
const workloads: readonly (readonly [app: string, spec: Partial<PodSpec>, requests?: Record<string, string>])[] = [
  ['a', {}, { cpu: '500m', memory: '1Gi' }],
  ['a', { priority: 10 }, { cpu: '2', memory: '1Gi' }],
  ['b', { containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort: 80 }] }] }],
  ['c', { affinity: away('c', hostname) }, { cpu: '100m' }],
  ['c', { affinity: away('c', hostname), priority: 100 }],
  ['d', { affinity: { ...near('a', zone), ...away('d', hostname) } }],
  ['d', { affinity: away('d', zone), priority: 50 }],
  ['e', { affinity: prefers('a', zone) }],
  ['e', { affinity: avoids('e', hostname) }, { cpu: '100m' }],
  ['f', { topologySpreadConstraints: [spread('f', zone)] }, { cpu: '250m' }],
  ['f', { topologySpreadConstraints: [spread('f', hostname, { minDomains: 3 }), spread('f', zone, { maxSkew: 2 })], priority: 100 }],
  ['g', { topologySpreadConstraints: [spread('g', zone, { nodeTaintsPolicy: 'Honor' })], nodeSelector: { disk: 'ssd' } }],
  ['g', { topologySpreadConstraints: [spread('g', zone, { whenUnsatisfiable: 'ScheduleAnyway' }), spread('g', hostname, { whenUnsatisfiable: 'ScheduleAnyway' })] }],
  ['h', { nodeSelector: { disk: 'ssd' }, tolerations: [{ key: 'busy', operator: 'Exists' }] }],
  ['h', { affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 5, preference: { matchExpressions: [{ key: 'disk', operator: 'Exists' }] } }] } } }],
];

/** A cluster that lives long and remembers, next to what is true: nodes and pods in the order in which they came. */
class Story {
  readonly #chance: SeededRandom;
  readonly #cluster = new TestCluster({ nodes: [] });
  readonly #nodes = new Map<string, Node>();
  readonly #pods = new Map<string, readonly [Pod, string]>();
  readonly #workloads: readonly (typeof workloads)[number][];
  #names = 0;

  constructor(seed: number) {
    this.#chance = new SeededRandom(seed);
    // Few of them, so that the same is asked again and again.
    this.#workloads = Array.from({ length: 4 }, () => this.#one(workloads)!);
    for (let i = 0; i < 12; i++) this.#addNode();
  }

  #one<T>(of: Iterable<T>): T | undefined {
    const all = [...of];
    return all[Math.floor(this.#chance.float() * all.length)];
  }

  #addNode(): void {
    this.#setNode(this.#someNode(`n${this.#names++}`));
  }

  #someNode(name: string): Node {
    const where = this.#one(['x', 'y', 'z', '']);
    const taint = this.#one([undefined, undefined, { key: 'busy', effect: 'NoSchedule' }, { key: 'busy', effect: 'NoSchedule' }, { key: 'old', effect: 'PreferNoSchedule' }]);
    return node(name, {
      cpu: '3', memory: '4Gi',
      labels: { ...(where !== '' && { [zone]: where ?? '' }), ...(this.#chance.float() < 0.6 && { disk: 'ssd' }) },
      spec: { ...(taint !== undefined && { taints: [taint] }), ...(this.#chance.float() < 0.1 && { unschedulable: true }) },
    });
  }

  /** The node becomes another; or its taints alone do. */
  #changeNode(one: Node | undefined): void {
    if (one === undefined) return;
    const other = this.#someNode(one.metadata.name ?? '');
    this.#setNode(this.#chance.float() < 0.5 ? other : { ...one, spec: other.spec ?? {} });
  }

  #setNode(one: Node): void {
    this.#nodes.set(one.metadata.name ?? '', one);
    this.#cluster.cache.setNode(one);
  }

  /** Something happens; a pod is placed again and again. */
  step(): void {
    const what = this.#chance.float();
    if (what < 0.04) this.#addNode();
    else if (what < 0.06) {
      const name = this.#one(this.#nodes.keys()) ?? '';
      this.#nodes.delete(name);
      this.#cluster.cache.removeNode(name);
      for (const [uid, [, on]] of this.#pods) if (on === name) this.#end(uid);
    } else if (what < 0.2) this.#changeNode(this.#one(this.#nodes.values()));
    else if (what < 0.35) this.#end(this.#one(this.#pods.keys()) ?? '');
    this.#place();
  }

  #end(uid: string): void {
    this.#pods.delete(uid);
    this.#cluster.cache.forget(uid);
  }

  #place(): void {
    const [app, spec, requests] = this.#one(this.#workloads)!;
    const one = pod(spec, requests, { app });
    const name = one.metadata.name ?? '';
    const placement = told(this.#cluster, one);
    const fresh = new TestCluster({ nodes: [...this.#nodes.values()], running: [...this.#pods.values()] });
    assert.deepEqual(placement, told(fresh, one));
    if (placement.node === undefined) return;
    this.#pods.set(name, [one, placement.node]);
    this.#cluster.cache.assume(podInfoOf(one), placement.node);
  }
}

/** Where the pod goes; or why nowhere, node by node, and whom it would evict where. */
function told(cluster: TestCluster, one: Pod): { readonly node?: string; readonly message?: string; readonly nodes?: readonly unknown[]; readonly evicts?: unknown } {
  cluster.random.resume(7);
  const placement = cluster.place(one);
  if (placement.kind === 'placed') return { node: placement.node.name };
  if (placement.kind === 'no nodes') return { message: 'no nodes' };
  const { diagnosis, cycle } = placement;
  const preemption = new Preemption({ snapshot: cluster.cache, clock: cluster.clock, random: new SeededRandom(3), budgets: () => [], extenders: [] });
  const found = preemption.find(cycle, diagnosis, usualPreemption);
  return {
    message: diagnosis.message,
    nodes: diagnosis.nodes.map(({ name, slot }) => [name, diagnosis.at(slot)]),
    evicts: found.kind === 'no use' ? found.message : [found.nodeName, found.victims.pods.map(({ uid }) => uid)],
  };
}

describe('a scheduler that remembers', () => {
  for (let seed = 1; seed <= 40; seed++) {
    it(`decides as one that looks at everything anew (seed ${seed})`, () => {
      const story = new Story(seed);
      for (let i = 0; i < 80; i++) story.step();
    });
  }
});
