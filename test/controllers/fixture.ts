import { findCondition } from '../../src/api/meta/conditions.ts';
import { nameOf, namespaceOf } from '../../src/api/meta/object.ts';
import type { KubeObject } from '../../src/api/meta/object.ts';
import { events, nodes, pods } from '../../src/api/resources.ts';
import { ApiError } from '../../src/api/status.ts';
import type { Deployment } from '../../src/api/types/apps/v1.ts';
import type { Pod } from '../../src/api/types/core/v1.ts';
import { createAuthorization } from '../../src/apiserver/authorization/registry.ts';
import { rbacBootstrapObjects } from '../../src/apiserver/authorization/bootstrap/objects.ts';
import { createAdmission } from '../../src/apiserver/admission/registry.ts';
import type { ApiServerOptions } from '../../src/apiserver/api-server.ts';
import { ApiServer } from '../../src/apiserver/api-server.ts';
import { Discovery } from '../../src/apiserver/discovery/discovery.ts';
import { formatTime } from '../../src/base/clock.ts';
import type { Logger } from '../../src/base/logger.ts';
import { LineLogger, silentLogger } from '../../src/base/logger.ts';
import type { Gauge } from '../../src/base/metrics.ts';
import { SeededRandom } from '../../src/base/random.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import type { Client } from '../../src/client/client.ts';
import { createInformer } from '../../src/client/informer/informer.ts';
import { createLocalClient } from '../../src/client/transports/local.ts';
import { startControllerManager } from '../../src/controllers/manager.ts';
import type { ControllerManagerOptions } from '../../src/controllers/manager.ts';
import { MemoryStore } from '../../src/store/drivers/memory/memory-store.ts';

export interface Fixture extends AsyncDisposable {
  readonly clock: VirtualClock;
  /** Acts as an administrator. */
  readonly client: Client;
  readonly signal: AbortSignal;
  /** Messages of warnings and errors that were logged. */
  readonly complaints: string[];
  /** What the controller manager has counted since its start: `LABELS VALUE` of one family. */
  counted(family: string): Promise<string[]>;
  /** Stops the controller manager and starts another, which knows nothing of what the first remembered. */
  restart(): Promise<void>;
  /** `REASON MESSAGE xCOUNT` of the events on an object, in the order of their names. */
  eventsOn(name: string): Promise<string[]>;
  /** Pods of a namespace by name, without those being deleted. */
  pods(namespace?: string): Promise<readonly Pod[]>;
}

export type FixtureOptions = Pick<ControllerManagerOptions, 'controllers' | 'settings'> & {
  /** Plays scheduler and kubelet: binds pods to node-1, runs them, and lets them go when deleted. Default true. */
  readonly kubelet?: boolean | { readonly ready: (pod: Pod) => boolean };
  /** Of the API server. */
  readonly server?: Partial<ApiServerOptions>;
};

/** A real API server on the memory store with RBAC, the controller manager, and virtual time. */
export async function startFixture(options: FixtureOptions = {}): Promise<Fixture> {
  const clock = new VirtualClock();
  const random = new SeededRandom(7);
  const complaints: string[] = [];
  const complain = (message: string, fields?: object): void => { complaints.push(`${message} ${describe(fields)}`); };
  const collecting: Logger = { ...silentLogger, named: () => collecting, warn: complain, error: complain };
  const logger = process.env['COXSWAIN_TEST_LOG'] === undefined ? collecting : new LineLogger({ clock, write: (line) => console.error(line), level: 'debug' });
  const stop = new AbortController();
  const server = await ApiServer.start({
    store: MemoryStore.open(), clock, random, logger,
    plugged: (parts) => ({ authorizers: [createAuthorization(parts).authorizer], admission: createAdmission(parts) }),
    documents: [(resources) => new Discovery(resources)],
    bootstrapObjects: rbacBootstrapObjects(),
    ...options.server,
  });
  const clientAs = (name: string, groups: readonly string[], userAgent: string): Client => createLocalClient(server.local, { user: { name, groups }, userAgent, clock });
  const client = clientAs('admin', ['system:masters', 'system:authenticated'], 'test');
  if (options.kubelet !== false) await startKubelet(clientAs('kubelet', ['system:masters', 'system:authenticated'], 'kubelet'), clock, random, stop.signal, typeof options.kubelet === 'object' ? options.kubelet.ready : () => true);
  let metrics: readonly Gauge[] = [];
  const startManager = async (signal: AbortSignal): Promise<void> => {
    const manager = await startControllerManager({
      client: clientAs('system:kube-controller-manager', ['system:authenticated'], 'kube-controller-manager'),
      clientFor: (name) => clientAs(`system:serviceaccount:kube-system:${name}`, ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'], 'kube-controller-manager'),
      clock, random, logger, signal,
      ...(options.controllers !== undefined && { controllers: options.controllers }),
      ...(options.settings !== undefined && { settings: options.settings }),
    });
    await clock.settle();
    await manager.ready;
    ({ metrics } = manager);
    await clock.advance(10);
  };
  let managing = new AbortController();
  await startManager(managing.signal);
  return {
    clock, client, signal: stop.signal, complaints,
    async counted(family) {
      return Array.from(await metrics.find(({ name }) => name === family)?.read() ?? [], ([labels, value]) => `${Object.values(labels).join(' ')} ${value}`);
    },
    async restart() {
      managing.abort(new Error('the manager is restarted'));
      await clock.settle();
      managing = new AbortController();
      await startManager(managing.signal);
    },
    async eventsOn(name) {
      const { items } = await client.list(events);
      return items.filter(({ involvedObject }) => involvedObject.name === name).map(({ reason, message, count }) => `${reason} ${message} x${count}`);
    },
    async pods(namespace = 'default') {
      return (await client.list(pods, { namespace })).items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      managing.abort(new Error('the test is over'));
      await clock.settle();
      await server[Symbol.asyncDispose]();
    },
  };
}

const describe = (fields: object | undefined): string => Object.entries(fields ?? {}).map(([key, value]) => `${key}=${value instanceof Error ? value.message : String(value)}`).join(' ');

async function startKubelet(client: Client, clock: VirtualClock, random: SeededRandom, signal: AbortSignal, ready: (pod: Pod) => boolean): Promise<void> {
  await client.create(nodes, { metadata: { name: 'node-1' } });
  let address = 1;
  const attend = async (pod: Pod): Promise<void> => {
    const ref = { namespace: namespaceOf(pod), name: nameOf(pod) };
    if (pod.metadata.deletionTimestamp !== undefined) {
      if (pod.spec?.nodeName === 'node-1') await client.delete(pods, ref, { gracePeriodSeconds: 0 });
      return;
    }
    if (pod.spec?.nodeName === undefined) {
      await client.createSubresource(pods, ref, 'binding', { apiVersion: 'v1', kind: 'Binding', metadata: ref, target: { kind: 'Node', name: 'node-1' } } as KubeObject);
      return;
    }
    if (pod.spec.nodeName !== 'node-1') return;
    const status = ready(pod) ? 'True' : 'False';
    if (findCondition(pod.status?.conditions, 'Ready')?.status === status) return;
    const podIP = pod.status?.podIP ?? `10.244.0.${address++}`;
    const now = formatTime(clock.now());
    await client.update(pods, { ...pod, status: { ...pod.status, phase: 'Running', podIP, podIPs: [{ ip: podIP }], startTime: now, conditions: [{ type: 'Ready', status, lastTransitionTime: now }] } }, { subresource: 'status' });
  };
  const run = (pod: Pod): void => {
    attend(pod).catch((error: unknown) => { if (!(error instanceof ApiError)) throw error; });
  };
  const informer = createInformer(client, pods, { clock, random, logger: silentLogger });
  informer.addHandler({ add: run, update: (_old, pod) => run(pod) });
  informer.start(signal);
}

/** A deployment `web` of one container. */
export function deployment(options: { readonly replicas?: number; readonly image?: string; readonly spec?: Partial<NonNullable<Deployment['spec']>> } = {}): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: 'default', name: 'web' },
    spec: {
      replicas: options.replicas ?? 3,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: options.image ?? 'nginx:1.14.2', ports: [{ name: 'http', containerPort: 80 }] }] } },
      ...options.spec,
    },
  };
}
