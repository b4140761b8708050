/** The official JavaScript client over TLS, against a cluster with a simulated node. */
import assert from 'node:assert/strict';
import { PassThrough, Writable } from 'node:stream';
import { after, before, test } from 'node:test';
import { ApiException, AppsV1Api, Attach, CoreV1Api, Exec, KubeConfig, Log, makeInformer, PatchStrategy, PortForward, setHeaderOptions, Watch } from '@kubernetes/client-node';
import type { V1ConfigMap, V1Pod, V1Status } from '@kubernetes/client-node';
import type { RunningCluster } from './simulated-cluster.ts';
import { startSimulatedCluster } from './simulated-cluster.ts';

const namespace = 'default';
let running: RunningCluster;
let config: KubeConfig;
let core: CoreV1Api;

before(async () => {
  running = await startSimulatedCluster();
  config = new KubeConfig();
  config.loadFromFile(running.kubeconfig);
  core = config.makeApiClient(CoreV1Api);
});
after(() => running[Symbol.asyncDispose]());

/** Gathers what is written, and resolves when it holds a text. */
class Gathered extends Writable {
  text = '';
  readonly #waiting: { readonly part: string; readonly resolve: () => void }[] = [];
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    for (const { part, resolve } of this.#waiting) if (this.text.includes(part)) resolve();
    done();
  }
  async has(part: string): Promise<void> {
    if (!this.text.includes(part)) await new Promise<void>((resolve) => { this.#waiting.push({ part, resolve }); });
  }
}

const podOf = (name: string, annotations: Record<string, string> = {}): V1Pod => ({ metadata: { name, annotations, labels: { app: name } }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'app', image: 'nginx:1.14.2', stdin: true }] } });

/** Creates a pod and follows it, as an informer of its own, until it runs. */
async function runningPod(pod: V1Pod): Promise<V1Pod> {
  const { name } = pod.metadata!;
  const informer = makeInformer(config, `/api/v1/namespaces/${namespace}/pods`, () => core.listNamespacedPod({ namespace }));
  const runs = new Promise<V1Pod>((resolve, reject) => {
    const look = (now: V1Pod): void => { if (now.metadata?.name === name && now.status?.phase === 'Running') resolve(now); };
    informer.on('add', look);
    informer.on('update', look);
    informer.on('error', reject);
  });
  await informer.start();
  await core.createNamespacedPod({ namespace, body: pod });
  try {
    return await runs;
  } finally {
    await informer.stop();
  }
}

test('objects are created, read, replaced and deleted; refusals say why', async () => {
  const created = await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'crud' }, data: { a: '1' } } });
  assert.ok(created.metadata?.creationTimestamp instanceof Date);
  const outdated = structuredClone(created.metadata);
  const replaced = await core.replaceNamespacedConfigMap({ namespace, name: 'crud', body: Object.assign(created, { data: { a: '2' } }) });
  assert.deepEqual(replaced.data, { a: '2' });
  const status = async (request: Promise<unknown>): Promise<[number, string]> => {
    const error = await request.then(() => assert.fail('not refused'), (caught: unknown) => caught);
    assert.ok(error instanceof ApiException);
    return [error.code, (JSON.parse(String(error.body)) as V1Status).reason ?? ''];
  };
  assert.deepEqual(await status(core.replaceNamespacedConfigMap({ namespace, name: 'crud', body: Object.assign(created, { metadata: outdated, data: { a: '3' } }) })), [409, 'Conflict']);
  assert.deepEqual(await status(core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'crud' } } })), [409, 'AlreadyExists']);
  await core.deleteNamespacedConfigMap({ namespace, name: 'crud' });
  assert.deepEqual(await status(core.readNamespacedConfigMap({ namespace, name: 'crud' })), [404, 'NotFound']);
  assert.deepEqual(await status(core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'Not_A_Name' } } })), [422, 'Invalid']);
});

test('patches of all types', async () => {
  const name = 'patched';
  await core.createNamespacedPod({ namespace, body: podOf(name) });
  const patch = (strategy: string, body: unknown) => core.patchNamespacedPod({ namespace, name, body }, setHeaderOptions('Content-Type', strategy));
  assert.equal((await patch(PatchStrategy.JsonPatch, [{ op: 'add', path: '/metadata/labels/json', value: 'yes' }])).metadata?.labels?.['json'], 'yes');
  assert.equal((await patch(PatchStrategy.MergePatch, { metadata: { labels: { json: null, merge: 'yes' } } })).metadata?.labels?.['json'], undefined);
  const strategic = await patch(PatchStrategy.StrategicMergePatch, { spec: { containers: [{ name: 'app', image: 'nginx:1.16.1' }] } });
  assert.deepEqual(strategic.spec?.containers.map(({ image, stdin }) => [image, stdin]), [['nginx:1.16.1', true]]);
  await core.deleteNamespacedPod({ namespace, name, gracePeriodSeconds: 0 });
});

test('lists come in pages', async () => {
  for (let i = 0; i < 7; i++) await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: `page-${i}`, labels: { pages: 'yes' } } } });
  const names: string[] = [];
  let token: string | undefined;
  let pages = 0;
  do {
    const page = await core.listNamespacedConfigMap({ namespace, limit: 3, labelSelector: 'pages=yes', ...(token !== undefined && { _continue: token }) });
    names.push(...page.items.map(({ metadata }) => metadata!.name!));
    token = page.metadata?._continue;
    pages++;
  } while (token !== undefined && token !== '');
  assert.deepEqual([pages, names], [3, Array.from({ length: 7 }, (_, i) => `page-${i}`)]);
  await core.deleteCollectionNamespacedConfigMap({ namespace, labelSelector: 'pages=yes' });
  assert.equal((await core.listNamespacedConfigMap({ namespace, labelSelector: 'pages=yes' })).items.length, 0);
});

test('a watch tells of every change and ends when it is told to', async () => {
  const { metadata } = await core.listNamespacedConfigMap({ namespace });
  const seen: string[] = [];
  let abort: AbortController | undefined;
  const ended = new Promise<void>((resolve) => {
    void (async () => {
      abort = await new Watch(config).watch(`/api/v1/namespaces/${namespace}/configmaps`, { resourceVersion: metadata!.resourceVersion, fieldSelector: 'metadata.name=watched' }, (type: string, object: V1ConfigMap) => {
        seen.push(`${type} ${object.data?.['n'] ?? ''}`);
        if (type === 'DELETED') abort?.abort();
      }, () => resolve());
    })();
  });
  const created = await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'watched' }, data: { n: '1' } } });
  await core.replaceNamespacedConfigMap({ namespace, name: 'watched', body: Object.assign(created, { data: { n: '2' } }) });
  await core.deleteNamespacedConfigMap({ namespace, name: 'watched' });
  await ended;
  assert.deepEqual(seen, ['ADDED 1', 'MODIFIED 2', 'DELETED 2']);
});

test('a watch that cannot be is refused at once', async () => {
  const error = await new Promise<unknown>((resolve) => {
    void new Watch(config).watch(`/api/v1/namespaces/${namespace}/configmaps`, { resourceVersion: 'yesterday' }, () => assert.fail('an event'), resolve);
  });
  // Upstream refuses a resource version that is none as a failure of its own.
  assert.match(String(error), /Internal Server Error|500/);
});

test('an informer has what there is, then what changes', async () => {
  await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'informed-before', labels: { informed: 'yes' } } } });
  const informer = makeInformer<V1ConfigMap>(config, `/api/v1/namespaces/${namespace}/configmaps`, () => core.listNamespacedConfigMap({ namespace, labelSelector: 'informed=yes' }), 'informed=yes');
  const seen: string[] = [];
  const gone = new Promise<void>((resolve) => {
    informer.on('add', ({ metadata }) => void seen.push(`add ${metadata!.name}`));
    informer.on('update', ({ metadata }) => void seen.push(`update ${metadata!.name}`));
    informer.on('delete', ({ metadata }) => { seen.push(`delete ${metadata!.name}`); resolve(); });
  });
  await informer.start();
  assert.deepEqual(informer.list().map(({ metadata }) => metadata!.name), ['informed-before']);
  const created = await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'informed-after', labels: { informed: 'yes' } } } });
  await core.replaceNamespacedConfigMap({ namespace, name: 'informed-after', body: Object.assign(created, { data: { a: 'b' } }) });
  await core.deleteNamespacedConfigMap({ namespace, name: 'informed-after' });
  await gone;
  await informer.stop();
  assert.deepEqual(seen, ['add informed-before', 'add informed-after', 'update informed-after', 'delete informed-after']);
});

test('a deployment is rolled out and scaled', async () => {
  const apps = config.makeApiClient(AppsV1Api);
  await apps.createNamespacedDeployment({ namespace, body: { metadata: { name: 'web' }, spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nginx:1.14.2' }] } } } } });
  const reaches = async (count: number): Promise<void> => {
    await new Promise<void>((resolve, reject) => {
      const informer = makeInformer(config, `/apis/apps/v1/namespaces/${namespace}/deployments`, () => apps.listNamespacedDeployment({ namespace }));
      const look = ({ status }: { status?: { availableReplicas?: number } }): void => { if (status?.availableReplicas === count) void informer.stop().then(resolve); };
      informer.on('add', look);
      informer.on('update', look);
      informer.on('error', reject);
      void informer.start();
    });
  };
  await reaches(2);
  const scale = await apps.readNamespacedDeploymentScale({ namespace, name: 'web' });
  await apps.replaceNamespacedDeploymentScale({ namespace, name: 'web', body: Object.assign(scale, { spec: { replicas: 3 } }) });
  await reaches(3);
  await apps.deleteNamespacedDeployment({ namespace, name: 'web' });
});

test('commands are run in containers, with their output, input and exit code', async () => {
  await runningPod(podOf('execs'));
  const run = async (command: string[], stdin: PassThrough | null = null): Promise<{ out: string; err: string; status: V1Status }> => {
    const out = new Gathered();
    const err = new Gathered();
    const status = await new Promise<V1Status>((resolve, reject) => {
      new Exec(config).exec(namespace, 'execs', 'app', command, out, err, stdin, false, resolve).catch(reject);
    });
    return { out: out.text, err: err.text, status };
  };
  assert.deepEqual(await run(['echo', 'hello', 'there']), { out: 'hello there\n', err: '', status: { metadata: {}, status: 'Success' } as V1Status });
  const failed = await run(['false']);
  assert.equal(failed.status.status, 'Failure');
  assert.equal(failed.status.details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message, '1');
});

test('logs are read whole and followed', async () => {
  await runningPod(podOf('logs', { 'coxswain.io/log': 'one\ntwo\nthree' }));
  assert.equal(await core.readNamespacedPodLog({ namespace, name: 'logs', container: 'app' }), 'one\ntwo\nthree\n');
  assert.equal(await core.readNamespacedPodLog({ namespace, name: 'logs', tailLines: 1 }), 'three\n');
  const out = new Gathered();
  await new Log(config).log(namespace, 'logs', 'app', out, { follow: true });
  await out.has('three\n');
  const ended = new Promise((resolve) => { out.on('finish', resolve); });
  await core.deleteNamespacedPod({ namespace, name: 'logs', gracePeriodSeconds: 0 });
  await ended;
  assert.equal(out.text, 'one\ntwo\nthree\n');
});

test('a container can be attached to', async () => {
  await runningPod(podOf('attached'));
  const socket = await new Attach(config).attach(namespace, 'attached', 'app', new Gathered(), new Gathered(), null, false);
  assert.equal(socket.readyState, socket.OPEN);
  socket.close();
});

test('a port that is forwarded to a simulated pod says that nothing listens there', async () => {
  await runningPod(podOf('forwarded'));
  const error = new Gathered();
  const socket = await new PortForward(config, true).portForward(namespace, 'forwarded', [80], new Gathered(), error, new PassThrough());
  await error.has('not supported: nothing listens on port 80, the pod runs on a simulated node');
  if (typeof socket !== 'function') socket.close();
});
