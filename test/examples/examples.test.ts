import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { decodeYamlStream } from '../../src/api/codec/yaml.ts';
import type { KubeObject } from '../../src/api/meta/object.ts';
import { daemonsets, deployments, pods, replicasets, replicationcontrollers, statefulsets } from '../../src/api/resources.ts';
import type { ResourceType } from '../../src/api/resource-type.ts';
import type { Pod, PodStatus } from '../../src/api/types/core/v1.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { SystemRandom } from '../../src/base/random.ts';
import { RealClock } from '../../src/base/real-clock.ts';
import type { Client } from '../../src/client/client.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { startCluster } from '../../src/cluster/cluster.ts';
import { findExecutable } from '../../src/host/capabilities.ts';
import { runOurs } from '../kubectl/run-ours.ts';
import { runTheirs } from '../kubectl/run-theirs.ts';

const folder = join(import.meta.dirname, '../../examples');
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => /\.ya?ml$/.test(file)).toSorted();
const kubectl = findExecutable('kubectl');
type Apply = typeof runOurs;
/** As a user applies it, with the kubectl that is installed; the second time it is ours, in this process. */
const theirs: Apply = kubectl === undefined ? runOurs : (line, options) => runTheirs(kubectl, line, options);
const quiet = (): void => {};

interface Workload extends KubeObject {
  readonly spec?: { readonly replicas?: number };
  readonly status?: { readonly phase?: string; readonly readyReplicas?: number; readonly availableReplicas?: number };
}

/** What a manifest's object has to become; undefined: nothing more than being there. */
const becomes: Readonly<Record<string, (object: Workload) => boolean>> = {
  Pod: ({ status }) => status?.phase === 'Running' || status?.phase === 'Succeeded',
  Deployment: ({ spec, status }) => status?.availableReplicas === spec?.replicas,
  ReplicaSet: ({ spec, status }) => status?.readyReplicas === spec?.replicas,
  ReplicationController: ({ spec, status }) => status?.readyReplicas === spec?.replicas,
};

/** The image wants to be root and the pod forbids it. */
const neverStarted: ReadonlySet<string> = new Set(['learn/run-as-non-root.yaml']);
const isForbiddenToStart = ({ status }: Workload): boolean => (status as PodStatus | undefined)?.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerConfigError';

/** kubectl sends a patch that says nothing new, with every server, where a list holds more than the manifest says: volume mounts and claim templates. */
const alwaysPatched: ReadonlySet<string> = new Set(['learn/security-context-pod.yaml', 'learn/stateful-set.yaml']);

const typesByKind = new Map<string, ResourceType<KubeObject>>([pods, deployments, replicasets, replicationcontrollers, statefulsets, daemonsets].map((type) => [type.kind, type as ResourceType<KubeObject>]));

describe('every example', () => {
  const sandbox = mkdtempSync(join(tmpdir(), 'coxswain-examples-'));
  let cluster: Cluster;
  let client: Client;
  before(async () => {
    const clock = new RealClock();
    cluster = await startCluster({
      dataDir: join(sandbox, 'data'), port: 0, bindAddress: '127.0.0.1', store: 'memory', runtime: 'simulated', nodes: 2, nodeName: 'node', tokenFile: undefined, clusterCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/12',
      clusterDomain: 'cluster.local', writeKubeconfig: undefined, install: false, proxyMode: 'none', node: true, home: sandbox, environment: {}, clock, random: new SystemRandom(), logger: silentLogger,
      progress: { ready: quiet, done: quiet, doing: quiet, note: quiet },
    });
    client = cluster.controlPlane.clients.administrator();
    // What lies in a namespace of its own needs it, whichever file comes first.
    for (const name of ['test', 'prod']) await client.raw('POST', '/api/v1/namespaces', { metadata: { name } });
  });
  after(async () => {
    await cluster[Symbol.asyncDispose]();
    rmSync(sandbox, { recursive: true, force: true });
  });

  /** One line an object. */
  const apply = async (run: Apply, file: string, namespace: string): Promise<string[]> => {
    const named = objectsOf(file).some(({ metadata }) => metadata.namespace !== undefined);
    const { code, stdout, stderr } = await run(['--kubeconfig', cluster.adminKubeconfig, 'apply', ...(named ? [] : ['--namespace', namespace]), '-f', join(folder, file)], { environment: { HOME: sandbox, PATH: process.env['PATH'] }, folder: sandbox });
    if (code !== 0 || /^error/im.test(stderr)) throw new Error(`${file}: ${stderr}${stdout}`);
    return stdout.trim().split('\n');
  };

  for (const [index, file] of files.entries()) {
    test(`${file} is applied, applied again without a change, and comes to run`, { timeout: 60_000 }, async () => {
      const namespace = `${basename(file).replace(/\.ya?ml$/, '')}-${index}`;
      await client.raw('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
      const objects = objectsOf(file);
      const first = await apply(theirs, file, namespace);
      assert.equal(first.length, objects.length);
      for (const line of first) assert.match(line, / (created|configured|unchanged)$/);
      const generations = await Promise.all(objects.map((object) => generationOf(client, object, namespace)));
      for (const line of await apply(runOurs, file, namespace)) assert.match(line, alwaysPatched.has(file) ? / (configured|unchanged)$/ : / unchanged$/);
      assert.deepEqual(await Promise.all(objects.map((object) => generationOf(client, object, namespace))), generations);
      for (const object of objects) {
        const type = typesByKind.get(object.kind!);
        if (type === undefined) continue;
        const ref = { namespace: object.metadata.namespace ?? namespace, name: object.metadata.name! };
        const stored = await client.get(type, ref);
        const { template } = (stored as { spec?: { template?: { spec?: { restartPolicy?: string; schedulerName?: string } } } }).spec ?? {};
        if (template !== undefined) assert.deepEqual([template.spec?.restartPolicy, template.spec?.schedulerName], ['Always', 'default-scheduler']);
        const done = neverStarted.has(file) ? isForbiddenToStart : becomes[object.kind!];
        if (done !== undefined) await until(client, type, ref, done);
      }
    });
  }
});

const objectsOf = (file: string): KubeObject[] => decodeYamlStream(readFileSync(join(folder, file))) as KubeObject[];

/** Counts the changes of what is wanted. */
async function generationOf(client: Client, object: KubeObject, namespace: string): Promise<number | undefined> {
  const type = typesByKind.get(object.kind!);
  if (type === undefined) return undefined;
  const stored = await client.get(type, { namespace: object.metadata.namespace ?? namespace, name: object.metadata.name! });
  return stored.metadata.generation;
}

async function until(client: Client, type: ResourceType<KubeObject>, ref: { readonly namespace: string; readonly name: string }, done: (object: Workload) => boolean): Promise<void> {
  const stop = new AbortController();
  let last: unknown;
  const clock = new RealClock();
  const timer = clock.setTimer(20_000, () => stop.abort(), { unref: true });
  try {
    for await (const event of client.watch(type, { namespace: ref.namespace }, { resourceVersion: '0', fieldSelector: `metadata.name=${ref.name}`, signal: stop.signal })) {
      last = (event.object as Pod).status;
      if (event.type !== 'DELETED' && done(event.object as Workload)) return;
    }
    throw new Error(`${type.kind} ${ref.namespace}/${ref.name} does not come to run: ${JSON.stringify(last)}`);
  } finally {
    timer.cancel();
    stop.abort();
  }
}
