/** Horizontal autoscaling against a real API server; the metrics APIs, which are no part of a cluster, are played by the test. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { findCondition } from '../../src/api/meta/conditions.ts';
import { nameOf } from '../../src/api/meta/object.ts';
import { deployments, events, horizontalpodautoscalers, pods } from '../../src/api/resources.ts';
import { ApiError } from '../../src/api/status.ts';
import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec, MetricSpec } from '../../src/api/types/autoscaling/v2.ts';
import { formatTime } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { SeededRandom } from '../../src/base/random.ts';
import type { Client } from '../../src/client/client.ts';
import { startControllerManager } from '../../src/controllers/manager.ts';
import { container, World } from './world.ts';

const ns = 'default';
const ref = (name: string) => ({ namespace: ns, name });

/** What a metrics server of somebody else answers: path (without its query) -> answer. */
type Metrics = Map<string, () => unknown>;

/** A cluster without nodes, whose pods are said to run, with autoscaling that finds the metrics. */
class Scaling implements AsyncDisposable {
  readonly world: World;
  readonly metrics: Metrics = new Map();
  readonly asked: string[] = [];
  readonly #stop = new AbortController();

  private constructor(world: World) {
    this.world = world;
  }

  static async start(replicas: number): Promise<Scaling> {
    const world = await World.start({ controllers: false });
    const scaling = new Scaling(world);
    const starting = startControllerManager({
      client: world.plane.clients.component('kube-controller-manager'), clientFor: (name) => scaling.#withMetrics(world.plane.clients.serviceAccount(name)),
      clock: world.clock, random: new SeededRandom(3), logger: silentLogger, signal: scaling.#stop.signal,
      controllers: ['deployment-controller', 'replicaset-controller', 'horizontal-pod-autoscaler-controller', 'serviceaccount-controller'],
    });
    await world.clock.settle();
    await (await starting).ready;
    await world.clock.settle();
    await world.client.create(deployments, {
      apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace: ns, name: 'web' },
      spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [container({ name: 'c', resources: { requests: { cpu: '100m', memory: '100Mi' } } })] } } },
    });
    await world.clock.advance(5_000);
    await scaling.runPods();
    return scaling;
  }

  /** The metrics APIs are served where the aggregator would forward to them. */
  #withMetrics(client: Client): Client {
    return {
      ...client,
      raw: async (method, path, body, options) => {
        const [bare = ''] = path.split('?');
        if (!/^\/apis\/(custom\.|external\.)?metrics\.k8s\.io/.test(bare)) return client.raw(method, path, body, options);
        this.asked.push(decodeURIComponent(path));
        const answer = this.metrics.get(bare);
        if (answer === undefined) throw new ApiError('NotFound', '404 page not found');
        return answer();
      },
    };
  }

  /** Says of every pod that it has been running for long. */
  async runPods(): Promise<void> {
    const long = formatTime(this.world.clock.now() - 3_600_000);
    for (const pod of await this.world.podsOf(ns)) {
      if (pod.status?.phase === 'Running') continue;
      await this.world.client.update(pods, { ...pod, status: { ...pod.status, phase: 'Running', startTime: long, conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: long }] } }, { subresource: 'status' });
    }
    await this.world.clock.advance(1_000);
  }

  /** Every pod uses this much CPU. */
  async use(cpu: string): Promise<void> {
    const names = (await this.world.podsOf(ns)).map(nameOf);
    this.metrics.set(`/apis/metrics.k8s.io/v1beta1/namespaces/${ns}/pods`, () => ({
      items: names.map((name) => ({ metadata: { name, namespace: ns }, timestamp: formatTime(this.world.clock.now()), window: '30s', containers: [{ name: 'c', usage: { cpu, memory: '64Mi' } }] })),
    }));
  }

  create(spec: Partial<HorizontalPodAutoscalerSpec>): Promise<HorizontalPodAutoscaler> {
    return this.world.client.create(horizontalpodautoscalers, {
      apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { namespace: ns, name: 'web' },
      spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, minReplicas: 1, maxReplicas: 10, ...spec },
    });
  }

  async look(periods = 1): Promise<HorizontalPodAutoscaler> {
    await this.world.clock.advance(periods * 15_000);
    return this.world.client.get(horizontalpodautoscalers, ref('web'));
  }

  async replicas(): Promise<number> {
    return (await this.world.client.get(deployments, ref('web'))).spec?.replicas ?? 0;
  }

  async told(): Promise<string[]> {
    const { items } = await this.world.client.list(events, { namespace: ns }, { fieldSelector: 'involvedObject.kind=HorizontalPodAutoscaler' });
    return items.map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('the test is over'));
    await this.world[Symbol.asyncDispose]();
  }
}

const told = ({ status }: HorizontalPodAutoscaler, type: string) => {
  const { status: holds, reason, message } = findCondition(status?.conditions, type)!;
  return [holds, reason, message];
};
const cpu = (averageUtilization: number): MetricSpec[] => [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } }];

test('an autoscaler follows the use of CPU, up at once and down when it has been low for five minutes', async () => {
  await using scaling = await Scaling.start(2);
  await scaling.use('90m');
  await scaling.create({ metrics: cpu(50) });
  const up = await scaling.look();
  assert.equal(await scaling.replicas(), 4);
  assert.deepEqual(told(up, 'AbleToScale'), ['True', 'SucceededRescale', 'the HPA controller was able to update the target scale to 4']);
  assert.deepEqual(told(up, 'ScalingActive'), ['True', 'ValidMetricFound', 'the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)']);
  assert.deepEqual(told(up, 'ScalingLimited'), ['False', 'DesiredWithinRange', 'the desired count is within the acceptable range']);
  assert.partialDeepStrictEqual(up.status, { currentReplicas: 2, desiredReplicas: 4, currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 90, averageValue: '90m' } } }] });
  assert.deepEqual(await scaling.told(), ['Normal SuccessfulRescale: New size: 4; reason: cpu resource utilization (percentage of request) above target']);
  assert.equal(scaling.asked[0], '/apis/metrics.k8s.io/v1beta1/namespaces/default/pods?labelSelector=app=web');

  await scaling.runPods();
  await scaling.use('10m');
  const held = await scaling.look();
  assert.equal(await scaling.replicas(), 4);
  assert.deepEqual(told(held, 'AbleToScale'), ['True', 'ScaleDownStabilized', 'recent recommendations were higher than current one, applying the highest recent recommendation']);
  await scaling.look(21);
  assert.equal(await scaling.replicas(), 1);
  assert.ok((await scaling.told()).includes('Normal SuccessfulRescale: New size: 1; reason: All metrics below target'));
});

test('without a metrics API an autoscaler says so, and does nothing', async () => {
  await using scaling = await Scaling.start(2);
  await scaling.create({ metrics: cpu(50) });
  const autoscaler = await scaling.look();
  const detail = 'failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)';
  assert.deepEqual(told(autoscaler, 'AbleToScale'), ['True', 'SucceededGetScale', "the HPA controller was able to get the target's current scale"]);
  assert.deepEqual(told(autoscaler, 'ScalingActive'), ['False', 'FailedGetResourceMetric', `the HPA was unable to compute the replica count: ${detail}`]);
  assert.deepEqual(await scaling.told(), [
    `Warning FailedGetResourceMetric: ${detail}`,
    `Warning FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: ${detail}`,
  ]);
  assert.partialDeepStrictEqual(autoscaler.status, { currentReplicas: 2, desiredReplicas: 0, currentMetrics: [{ type: '' }] });
  assert.equal(await scaling.replicas(), 2);
});

test('pods, object and external metrics come from their own APIs; the highest proposal wins', async () => {
  await using scaling = await Scaling.start(2);
  const names = (await scaling.world.podsOf(ns)).map(nameOf);
  scaling.metrics.set('/apis/custom.metrics.k8s.io', () => ({ versions: [{ version: 'v1beta1' }, { version: 'v1beta2' }], preferredVersion: { version: 'v1beta1' } }));
  const custom = '/apis/custom.metrics.k8s.io/v1beta2/namespaces/default';
  scaling.metrics.set(`${custom}/pods/*/requests`, () => ({ items: names.map((name) => ({ describedObject: { kind: 'Pod', name }, value: '12' })) }));
  scaling.metrics.set(`${custom}/deployments.apps/web/hits`, () => ({ items: [{ describedObject: { kind: 'Deployment', name: 'web' }, value: '30' }] }));
  scaling.metrics.set('/apis/external.metrics.k8s.io/v1beta1/namespaces/default/queue', () => ({ items: [{ value: '40' }, { value: '20' }] }));
  await scaling.create({
    metrics: [
      { type: 'Pods', pods: { metric: { name: 'requests' }, target: { type: 'AverageValue', averageValue: '10' } } },
      { type: 'Object', object: { metric: { name: 'hits' }, describedObject: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, target: { type: 'Value', value: '20' } } },
      { type: 'External', external: { metric: { name: 'queue', selector: { matchLabels: { a: 'b' } } }, target: { type: 'AverageValue', averageValue: '15' } } },
    ],
  });
  const { status } = await scaling.look();
  assert.deepEqual(status?.currentMetrics?.map(({ pods: ofPods, object, external }) => ofPods?.current ?? object?.current ?? external?.current), [{ averageValue: '12' }, { value: '30' }, { averageValue: '30' }]);
  assert.equal(await scaling.replicas(), 4);
  assert.ok((await scaling.told()).includes('Normal SuccessfulRescale: New size: 4; reason: external metric queue(&LabelSelector{MatchLabels:map[string]string{a: b,},MatchExpressions:[]LabelSelectorRequirement{},}) above target'));
  assert.ok(scaling.asked.includes('/apis/external.metrics.k8s.io/v1beta1/namespaces/default/queue?labelSelector=a=b'));
});

test('a metric that fails does not keep the target from growing, and does from shrinking', async () => {
  await using scaling = await Scaling.start(2);
  await scaling.use('90m');
  await scaling.create({ metrics: [...cpu(50), { type: 'External', external: { metric: { name: 'queue' }, target: { type: 'AverageValue', averageValue: '15' } } }] });
  await scaling.look();
  assert.equal(await scaling.replicas(), 4);
  await scaling.runPods();
  await scaling.use('10m');
  const stuck = await scaling.look(40);
  assert.equal(await scaling.replicas(), 4);
  assert.deepEqual(told(stuck, 'ScalingActive').slice(0, 2), ['False', 'FailedGetExternalMetric']);
});

test('limits, rules and tolerances of the autoscaler hold', async () => {
  await using scaling = await Scaling.start(2);
  await scaling.use('54m');
  await scaling.create({ metrics: cpu(50), behavior: { scaleUp: { tolerance: '0.05', policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] }, scaleDown: { selectPolicy: 'Disabled' } } });
  const up = await scaling.look();
  assert.equal(await scaling.replicas(), 3);
  assert.deepEqual(told(up, 'ScalingLimited').slice(0, 2), ['False', 'DesiredWithinRange']);
  await scaling.runPods();
  await scaling.use('100m');
  const limited = await scaling.look();
  assert.deepEqual(told(limited, 'ScalingLimited'), ['True', 'ScaleUpLimit', 'the desired replica count is increasing faster than the maximum scale rate']);
  assert.equal(await scaling.replicas(), 3);
  await scaling.world.client.patch(horizontalpodautoscalers, ref('web'), { type: 'merge', value: { spec: { maxReplicas: 2 } } });
  await scaling.look();
  assert.equal(await scaling.replicas(), 2);
  assert.ok((await scaling.told()).includes('Normal SuccessfulRescale: New size: 2; reason: Current number of replicas above Spec.MaxReplicas'));
});

test('what cannot be scaled is said', async () => {
  await using scaling = await Scaling.start(0);
  const disabled = await scaling.create({ metrics: cpu(50) }).then(() => scaling.look());
  assert.deepEqual(told(disabled, 'ScalingActive'), ['False', 'ScalingDisabled', 'scaling is disabled since the replica count of the target is zero']);
  await scaling.world.client.patch(horizontalpodautoscalers, ref('web'), { type: 'merge', value: { spec: { scaleTargetRef: { name: 'gone' } } } });
  assert.deepEqual(told(await scaling.look(2), 'AbleToScale'), ['False', 'FailedGetScale', `the HPA controller was unable to get the target's current scale: deployments.apps "gone" not found`]);
  await scaling.world.client.patch(horizontalpodautoscalers, ref('web'), { type: 'merge', value: { spec: { scaleTargetRef: { kind: 'Nothing' } } } });
  assert.deepEqual(told(await scaling.look(2), 'AbleToScale').at(-1), `the HPA controller was unable to get the target's current scale: no matches for kind "Nothing" in group "apps"`);
});

test('the use of one container can count alone', async () => {
  await using scaling = await Scaling.start(2);
  await scaling.use('90m');
  const of = (containerName: string): MetricSpec[] => [{ type: 'ContainerResource', containerResource: { name: 'cpu', container: containerName, target: { type: 'Utilization', averageUtilization: 50 } } }];
  await scaling.create({ metrics: of('c') });
  const up = await scaling.look();
  assert.equal(await scaling.replicas(), 4);
  assert.deepEqual(told(up, 'ScalingActive').slice(0, 2), ['True', 'ValidMetricFound']);
  assert.partialDeepStrictEqual(up.status, { currentMetrics: [{ type: 'ContainerResource', containerResource: { name: 'cpu', container: 'c', current: { averageUtilization: 90, averageValue: '90m' } } }] });
  await scaling.world.client.patch(horizontalpodautoscalers, ref('web'), { type: 'merge', value: { spec: { metrics: of('other') } } });
  assert.deepEqual(told(await scaling.look(), 'ScalingActive').slice(0, 2), ['False', 'FailedGetContainerResourceMetric']);
  assert.equal(await scaling.replicas(), 4);
});
