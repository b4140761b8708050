import type { KubeObject } from '../../api/meta/object.ts';
import type { Node, NodeSpec, Pod, PodSpec } from '../../api/types/core/v1.ts';
import { silentLogger } from '../../base/logger.ts';
import { SeededRandom } from '../../base/random.ts';
import { VirtualClock } from '../../base/virtual-clock.ts';
import type { Client } from '../../client/client.ts';
import { ObjectStore } from '../../client/informer/store.ts';
import { ClusterCache } from '../cache/cluster-cache.ts';
import { PodGroupStates } from '../cache/pod-group-states.ts';
import { podInfoOf } from '../cache/pod-info.ts';
import type { ProfileSettings } from '../config/settings.ts';
import { usualProfile } from '../config/settings.ts';
import type { Placement } from '../cycle/placement.ts';
import { Placer } from '../cycle/placement.ts';
import { Devices } from '../devices/devices.ts';
import type { Listers } from '../framework/listers.ts';
import { SchedulerMetrics } from '../metrics.ts';
import type { Profile } from '../framework/profile.ts';
import type { PluginContext } from '../plugins/registry.ts';
import { buildProfiles } from '../profiles.ts';
import { Nominator } from '../queue/nominator.ts';

/** A node with 4 cpus and 8 GiB, and what else is said of it. */
export function node(name: string, options: { cpu?: string; memory?: string; labels?: Record<string, string>; spec?: NodeSpec; images?: { names: string[]; sizeBytes: number }[]; allocatable?: Record<string, string>; declaredFeatures?: string[] } = {}): Node {
  return {
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...options.labels } },
    spec: options.spec ?? {},
    status: {
      allocatable: { cpu: options.cpu ?? '4', memory: options.memory ?? '8Gi', pods: '110', ...options.allocatable },
      ...(options.images && { images: options.images }),
      ...(options.declaredFeatures && { declaredFeatures: options.declaredFeatures }),
    },
  };
}

let pods = 0;

/** A pod of one container, with a name and uid of its own. */
export function pod(spec: Partial<PodSpec> = {}, requests: Record<string, string> = {}, labels?: Record<string, string>): Pod {
  const uid = `uid-${pods++}`;
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: uid, namespace: 'default', uid, ...(labels && { labels }) }, spec: { containers: [{ name: 'c', image: 'nginx', resources: { requests } }], ...spec } };
}

type Stores = { readonly [K in keyof Listers]: ObjectStore<KubeObject> };

/** Empty stores of everything that plug-ins read. */
function emptyStores(): Stores {
  const names = ['services', 'replicationControllers', 'replicaSets', 'statefulSets', 'persistentVolumes', 'persistentVolumeClaims', 'storageClasses', 'csiNodes', 'csiDrivers', 'csiStorageCapacities', 'volumeAttachments', 'podDisruptionBudgets', 'resourceClaims', 'resourceSlices', 'deviceClasses', 'podGroups'] as const;
  return Object.fromEntries(names.map((name) => [name, new ObjectStore<KubeObject>()])) as unknown as Stores;
}

/** The parts of a scheduler without an API: nodes, running pods, objects that plug-ins read, and the placing of pods. */
export class TestCluster {
  readonly clock = new VirtualClock();
  readonly cache = new ClusterCache();
  readonly nominator = new Nominator();
  readonly stores = emptyStores();
  readonly profile: Profile;
  readonly placer: Placer;
  readonly metrics = new SchedulerMetrics(this.clock);
  /** What the placer picks with among equals. */
  readonly random = new SeededRandom(1);

  constructor(options: { readonly nodes: readonly Node[]; readonly running?: readonly (readonly [Pod, string])[]; readonly settings?: Partial<ProfileSettings>; readonly client?: Client; /** Who is let into the queue after all. */ readonly ungate?: (plugin: string) => void }) {
    const { random } = this;
    const listers = this.stores as unknown as Listers;
    const devices = new Devices({ listers, clock: this.clock, listersReady: () => Promise.resolve(), ungate: options.ungate ?? (() => {}) });
    const context: PluginContext = { listers, devices, client: options.client ?? ({} as Client), clock: this.clock, random, logger: silentLogger, signal: new AbortController().signal, notice: () => {}, notify: () => {}, podGroups: new PodGroupStates(), activate: () => {}, allow: () => {} };
    const [profile] = buildProfiles([{ ...usualProfile('default-scheduler'), ...options.settings }], { ...context, preemptionGate: { name: 'DefaultPreemption' } }).values();
    this.profile = profile!;
    for (const each of options.nodes) this.cache.setNode(each);
    for (const [there, name] of options.running ?? []) this.run(there, name);
    this.placer = new Placer({ cache: this.cache, nominator: this.nominator, random, metrics: this.metrics });
  }

  run(one: Pod, nodeName: string): void {
    this.cache.confirm(podInfoOf({ ...one, spec: { ...one.spec!, nodeName } }), nodeName);
  }

  place(one: Pod): Placement {
    return this.placer.place(podInfoOf(one), this.profile);
  }

  /** Where a pod goes, or why nowhere. */
  outcome(one: Pod): string {
    const placement = this.place(one);
    switch (placement.kind) {
      case 'placed': return placement.node.name;
      case 'unschedulable': return placement.diagnosis.message;
      case 'no nodes': return 'no nodes';
    }
  }
}

/** Where a pod goes among these nodes, or why nowhere. */
export function place(one: Pod, nodes: readonly Node[], running: readonly (readonly [Pod, string])[] = [], settings: Partial<ProfileSettings> = {}): string {
  return new TestCluster({ nodes, running, settings }).outcome(one);
}
