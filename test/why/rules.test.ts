import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiservices, configmaps, cronjobs, daemonsets, deployments, events, horizontalpodautoscalers, jobs, namespaces, nodes, persistentvolumeclaims, pods, services, statefulsets, validatingwebhookconfigurations } from '../../src/api/resources.ts';
import type { PodSpec, PodTemplateSpec } from '../../src/api/types/core/v1.ts';
import { startCluster } from '../../src/testing/start-cluster.ts';
import { container, podOf } from '../conformance/world.ts';
import { allFindings, appPath, findingOf, podPath, whyAll, whyOf } from './asking.ts';

const meta = (namespace: string, name: string) => ({ namespace, name });
const template = (app: string, annotations: Record<string, string>, spec: Partial<PodSpec> = {}): PodTemplateSpec => ({ metadata: { labels: { app }, annotations }, spec: { containers: [container()], terminationGracePeriodSeconds: 1, ...spec } });
const selecting = (app: string, annotations: Record<string, string> = {}, spec: Partial<PodSpec> = {}) => ({ selector: { matchLabels: { app } }, template: template(app, annotations, spec) });
const nonexistent = { containers: [container({ image: 'nonexistent/web:2' })] };

test('every rule on a real cluster: the fact, and what to do', async (t) => {
  await using cluster = await startCluster({ nodes: 2 });
  const { client, clock } = cluster;
  const why = (path: string) => whyOf(client, path);
  const scenario = (name: string, run: (namespace: string) => Promise<void>) => t.test(name, async () => run(await cluster.namespace(name.split(':')[0]!)));

  await scenario('image-pull: from the deployment to the image', async (namespace) => {
    await client.create(deployments, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: meta(namespace, 'web'), spec: selecting('web', {}, nonexistent) });
    await clock.advance('30s');
    const finding = findingOf(await why(appPath(namespace, 'deployments', 'web')), 'image-pull');
    assert.match(finding.fact, /^Container agnhost-container of pod web-\S+ does not start: its image nonexistent\/web:2 cannot be pulled\.$/);
    assert.match(finding.remedy![0]!, /the image and its tag exist in the registry/);
    assert.ok(finding.evidence!.some(({ source }) => source === 'event Failed'));
  });

  await scenario('crash-loop: an exit code, a memory limit, a command that is done', async (namespace) => {
    await client.create(pods, podOf(namespace, 'bad', { annotations: { 'coxswain.io/exit-after': '1s', 'coxswain.io/exit-code': '3' } }));
    await client.create(pods, podOf(namespace, 'greedy', { annotations: { 'coxswain.io/exit-after': '1s', 'coxswain.io/oom-killed': 'true' }, spec: { containers: [container({ resources: { limits: { memory: '64Mi' } } })] } }));
    await client.create(pods, podOf(namespace, 'done', { annotations: { 'coxswain.io/exit-after': '1s' } }));
    await clock.advance('1m');
    const of = async (name: string) => findingOf(await why(podPath(namespace, name)), 'crash-loop');
    assert.match((await of('bad')).fact, /^Container agnhost-container of pod bad keeps ending: it ended with exit code 3 \(\d restarts\)\.$/);
    assert.equal((await of('bad')).remedy![0], 'See what it said: kubectl logs -n crash-loop bad -c agnhost-container --previous');
    assert.match((await of('greedy')).fact, /it was killed for taking more memory than its limit/);
    assert.match((await of('greedy')).remedy![0]!, /Raise resources\.limits\.memory \(64Mi\)/);
    assert.match((await of('done')).remedy![0]!, /a Job runs to its end once/);
  });

  await scenario('failing-probe: readiness, startup, liveness, and a readiness gate', async (namespace) => {
    const httpGet = { path: '/ready', port: 8080 };
    await client.create(pods, podOf(namespace, 'unready', { labels: { app: 'unready' }, annotations: { 'coxswain.io/probe-readiness': 'fail' }, spec: { containers: [container({ readinessProbe: { httpGet, periodSeconds: 1 } })] } }));
    await client.create(pods, podOf(namespace, 'slow', { annotations: { 'coxswain.io/probe-startup': 'fail' }, spec: { containers: [container({ startupProbe: { tcpSocket: { port: 80 }, failureThreshold: 1000 } })] } }));
    await client.create(pods, podOf(namespace, 'killed', { annotations: { 'coxswain.io/probe-liveness': 'fail' }, spec: { containers: [container({ livenessProbe: { exec: { command: ['true'] }, periodSeconds: 1, failureThreshold: 1 } })] } }));
    await client.create(pods, podOf(namespace, 'gated', { spec: { readinessGates: [{ conditionType: 'example.com/ok' }] } }));
    await client.create(services, { apiVersion: 'v1', kind: 'Service', metadata: meta(namespace, 'unready'), spec: { type: 'LoadBalancer', selector: { app: 'unready' }, ports: [{ port: 80 }] } });
    await clock.advance('1m');
    const unready = findingOf(await why(podPath(namespace, 'unready')), 'failing-probe');
    assert.equal(unready.fact, 'Container agnhost-container of pod unready runs and is not ready: its readiness probe (GET /ready on port 8080) fails.');
    assert.deepEqual(unready.remedy, ['See that the container answers GET /ready on port 8080 within 1 s, or correct the probe.']);
    assert.match(findingOf(await why(podPath(namespace, 'slow')), 'failing-probe').fact, /its startup probe \(a connection to port 80\) fails/);
    assert.match(findingOf(await why(podPath(namespace, 'killed')), 'crash-loop').fact, /its liveness probe fails, so it is killed/);
    assert.equal(findingOf(await why(podPath(namespace, 'gated')), 'readiness-gate').fact, 'Pod gated is not ready: its readiness gate example.com/ok is not True.');
    const service = await why(`/api/v1/namespaces/${namespace}/services/unready`);
    assert.equal(findingOf(service, 'no-endpoints').fact, 'Service unready leads nowhere: the pod that it selects is not ready.');
    assert.equal(findingOf(service, 'failing-probe').about?.name, 'unready');
    assert.match(findingOf(service, 'load-balancer').fact, /has no external address yet/);
  });

  await scenario('starting: nothing is wrong, it takes its time', async (namespace) => {
    await client.create(pods, podOf(namespace, 'slow', { annotations: { 'coxswain.io/start-delay': '1h' } }));
    await clock.advance('5s');
    assert.match(findingOf(await why(podPath(namespace, 'slow')), 'starting').fact, /^Pod slow is starting: container agnhost-container is being made/);
  });

  await scenario('daemons: where they are not ready, and stateful sets that wait for their first pod', async (namespace) => {
    await client.create(daemonsets, { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: meta(namespace, 'agent'), spec: selecting('agent', {}, nonexistent) });
    await client.create(statefulsets, { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: meta(namespace, 'db'), spec: { serviceName: 'db', replicas: 3, ...selecting('db', {}, nonexistent) } });
    await clock.advance('30s');
    const agent = await why(appPath(namespace, 'daemonsets', 'agent'));
    assert.equal(agent.summary, 'DaemonSet agent is ready on 0 of 2 nodes.');
    assert.equal(allFindings(agent.findings).filter(({ cause }) => cause === 'image-pull').length, 2);
    const db = await why(appPath(namespace, 'statefulsets', 'db'));
    assert.equal(db.summary, 'StatefulSet db has 0 ready pods of 3, and 2 could not be made yet.');
    assert.equal(findingOf(db, 'image-pull').about?.name, 'db-0');
  });

  await scenario('job-failed: its back-off limit, a cron job that is suspended, one that misses', async (namespace) => {
    const job = template('sum', { 'coxswain.io/exit-after': '1s', 'coxswain.io/exit-code': '1' }, { restartPolicy: 'Never' });
    await client.create(jobs, { apiVersion: 'batch/v1', kind: 'Job', metadata: meta(namespace, 'sum'), spec: { backoffLimit: 1, template: job } });
    await client.create(cronjobs, { apiVersion: 'batch/v1', kind: 'CronJob', metadata: meta(namespace, 'never'), spec: { suspend: true, schedule: '* * * * *', jobTemplate: { spec: { template: job } } } });
    await clock.advance('2m');
    const failed = findingOf(await why(`/apis/batch/v1/namespaces/${namespace}/jobs/sum`), 'job-failed');
    assert.equal(failed.fact, 'Job sum has failed: its pods failed more often than spec.backoffLimit allows (2 failed pods).');
    assert.equal(failed.because?.[0]?.cause, 'crash-loop');
    assert.equal(findingOf(await why(`/apis/batch/v1/namespaces/${namespace}/cronjobs/never`), 'cron-job-suspended').remedy?.[0], `Let it run: kubectl patch cronjob never -n job-failed -p '{"spec":{"suspend":false}}'`);
  });

  await scenario('autoscaler: without metrics', async (namespace) => {
    await client.create(deployments, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: meta(namespace, 'web'), spec: selecting('web') });
    await client.create(horizontalpodautoscalers, {
      apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: meta(namespace, 'web'),
      spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, metrics: [{ type: 'Pods', pods: { metric: { name: 'requests' }, target: { type: 'AverageValue', averageValue: '10' } } }] },
    });
    await clock.advance('1m');
    const finding = findingOf(await why(`/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers/web`), 'autoscaler');
    assert.match(finding.fact, /^HorizontalPodAutoscaler web has no metrics to go by: /);
    assert.deepEqual(finding.remedy, ['See that an adapter serves custom.metrics.k8s.io.']);
  });

  await scenario('webhook: one that cannot be asked, of what it kept from being made and of whom it was to belong to', async (namespace) => {
    const rule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods', 'configmaps'] };
    await client.create(validatingwebhookconfigurations, {
      apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration', metadata: { name: 'broken' },
      webhooks: [{ name: 'check.example.com', rules: [rule], clientConfig: { service: { namespace, name: 'absent' } }, failurePolicy: 'Fail', sideEffects: 'None', admissionReviewVersions: ['v1'], namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } }],
    });
    await clock.advance('2s');
    await client.create(deployments, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: meta(namespace, 'web'), spec: selecting('web') });
    await assert.rejects(client.create(configmaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: meta(namespace, 'one') }));
    await clock.advance('10s');
    const fact = / was refused: the webhook check\.example\.com could not be asked, and its failurePolicy is Fail\.$/;
    assert.match(findingOf(await why(appPath(namespace, 'deployments', 'web')), 'webhook').fact, fact);
    const missing = await why(`/api/v1/namespaces/${namespace}/configmaps/one`);
    assert.deepEqual([missing.summary, missing.absent], ['There is no configmap/one.', true]);
    assert.match(findingOf(missing, 'webhook').fact, fact);
    await client.delete(validatingwebhookconfigurations, { name: 'broken' });
  });

  await scenario('volume: a claim that nobody fills, and the pod that waits for it; secrets that are not there', async (namespace) => {
    await client.create(persistentvolumeclaims, { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: meta(namespace, 'data'), spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } });
    await client.create(pods, podOf(namespace, 'user', { spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] } }));
    await client.create(pods, podOf(namespace, 'secretive', { spec: { volumes: [{ name: 'key', secret: { secretName: 'absent' } }], containers: [container({ volumeMounts: [{ name: 'key', mountPath: '/key' }] })] } }));
    await clock.advance('3m');
    assert.match(findingOf(await why(podPath(namespace, 'user')), 'claim-pending').fact, /it names no storage class, there is no default one, and no volume of 1Gi/);
    const mount = findingOf(await why(podPath(namespace, 'secretive')), 'mount');
    assert.match(mount.evidence![0]!.text, /secret "absent" not found/);
    assert.deepEqual(mount.remedy, ['Create what is missing.']);
  });

  await scenario('devices: a claim that its driver could not prepare', async (namespace) => {
    // Simulated nodes have no drivers: what a real kubelet would say is said for it.
    const pod = await client.create(pods, podOf(namespace, 'device-user', { spec: { nodeName: 'far-away' } }));
    await client.create(events, { apiVersion: 'v1', kind: 'Event', metadata: meta(namespace, 'device-user.1'), involvedObject: { kind: 'Pod', apiVersion: 'v1', namespace, name: 'device-user', uid: pod.metadata.uid ?? '' }, type: 'Warning', reason: 'FailedPrepareDynamicResources', message: 'Failed to prepare dynamic resources: prepare dynamic resources: DRA driver gpu.example.com is not registered', source: { component: 'kubelet' } });
    const found = findingOf(await why(podPath(namespace, 'device-user')), 'mount');
    assert.equal(found.fact, 'Pod device-user waits for the devices of its claims.');
    assert.match(found.evidence![0]!.text, /DRA driver gpu\.example\.com is not registered/);
  });

  await scenario('condition: what no rule knows says it itself', async () => {
    await client.create(apiservices, { apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata: { name: 'v1.example.com' }, spec: { group: 'example.com', version: 'v1', groupPriorityMinimum: 100, versionPriority: 1, service: { namespace: 'default', name: 'absent' } } });
    await clock.advance('10s');
    assert.match(findingOf(await why('/apis/apiregistration.k8s.io/v1/apiservices/v1.example.com'), 'condition').fact, /^APIService v1\.example\.com is not Available: service\/absent in "default" is not present\.$/);
    await client.delete(apiservices, { name: 'v1.example.com' });
  });

  await scenario('namespace-content: what keeps it, and what is refused in it', async (namespace) => {
    await client.create(configmaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...meta(namespace, 'held'), finalizers: ['example.com/cleanup'] } });
    await client.create(deployments, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { ...meta(namespace, 'web'), finalizers: ['example.com/cleanup'] }, spec: selecting('web') });
    await client.delete(namespaces, { name: namespace });
    await clock.advance('30s');
    const finding = findingOf(await why(`/api/v1/namespaces/${namespace}`), 'namespace-content');
    assert.equal(finding.fact, 'Namespace namespace-content is being deleted, and not everything in it goes.');
    assert.match(finding.evidence!.map(({ text }) => text).join(), /example\.com\/cleanup in 2 resource instances/);
    await assert.rejects(client.create(pods, podOf(namespace, 'late')));
    assert.equal(findingOf(await why(podPath(namespace, 'late')), 'namespace-terminating').remedy?.[0], 'Wait until it is gone and make it anew, or see why it does not go: kubectl why namespace namespace-content');
  });

  await scenario('node: short of memory, silent, and pods that cannot end on it', async (namespace) => {
    const pressed = { type: 'MemoryPressure', status: 'True', reason: 'KubeletHasInsufficientMemory', message: 'kubelet has insufficient memory available' } as const;
    await client.patch(nodes, { name: 'node-1' }, { type: 'strategic', value: { status: { conditions: [pressed] } } }, { subresource: 'status' });
    assert.equal(findingOf(await why('/api/v1/nodes/node-1'), 'node-pressure').fact, 'On node node-1 memory is short.');
    await client.create(pods, podOf(namespace, 'stranded', { spec: { nodeName: 'node-2', tolerations: [{ operator: 'Exists' }] } }));
    await cluster.expect(pods, meta(namespace, 'stranded')).toBeReady();
    await cluster.nodes.disconnect('node-2');
    await clock.advance('2m');
    await client.delete(pods, meta(namespace, 'stranded'));
    assert.equal(findingOf(await why('/api/v1/nodes/node-2'), 'node-unknown').fact, 'Node node-2 is not heard of: its kubelet has stopped posting its status.');
    assert.match(findingOf(await why(podPath(namespace, 'stranded')), 'terminating').fact, /^Pod stranded is being deleted, and its node node-2 does not answer/);
    assert.deepEqual((await whyAll(client, '/api/v1/nodes')).items.map(({ object }) => object.name), ['node-2']);
  });
});

