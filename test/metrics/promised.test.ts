/** What dashboards and alerts count on: each metric that upstream promises, after a small scenario, name by name. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { cronjobs, customresourcedefinitions, deployments, horizontalpodautoscalers, jobs, pods, services, validatingadmissionpolicies, validatingadmissionpolicybindings } from '../../src/api/resources.ts';
import type { Pod } from '../../src/api/types/core/v1.ts';
import { KubeletHandler } from '../../src/kubelet/server/handler.ts';
import { container, World } from '../conformance/world.ts';
import type { Page } from './promised-metrics.ts';
import { promisedMetrics } from './promised-metrics.ts';
import type { ScrapedFamily } from './scrape.ts';
import { parseMetrics } from './scrape.ts';

const ns = 'default';
const ended = { 'coxswain.io/exit-after': '1s', 'coxswain.io/exit-code': '0' };
const metadata = (name: string): { readonly namespace: string; readonly name: string } => ({ namespace: ns, name });

/** Something of everything that is counted. */
async function live(world: World): Promise<void> {
  const { client } = world;
  await client.create(services, { apiVersion: 'v1', kind: 'Service', metadata: metadata('web'), spec: { selector: { app: 'web' }, ports: [{ port: 80 }], trafficDistribution: 'PreferClose' } });
  const spec = { containers: [container({ name: 'c', resources: { requests: { cpu: '100m' }, limits: { cpu: '1', memory: '64Mi' } }, livenessProbe: { httpGet: { port: 80 } }, volumeMounts: [{ name: 'data', mountPath: '/data' }] })], volumes: [{ name: 'data', image: { reference: 'registry.example/data:1' } }] };
  await client.create(deployments, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: metadata('web'), spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec } } });
  await client.create(horizontalpodautoscalers, { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: metadata('web'), spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 3, metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }] } });
  const template = { metadata: { annotations: ended }, spec: { restartPolicy: 'Never', containers: [container({ name: 'c' })] } };
  const failing = { ...template, metadata: { annotations: { ...ended, 'coxswain.io/exit-code': '7' } } };
  await client.create(jobs, { apiVersion: 'batch/v1', kind: 'Job', metadata: metadata('once'), spec: { template } });
  await client.create(jobs, { apiVersion: 'batch/v1', kind: 'Job', metadata: metadata('fails'), spec: { template: failing, podFailurePolicy: { rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [7] } }] } } });
  await client.create(cronjobs, { apiVersion: 'batch/v1', kind: 'CronJob', metadata: metadata('often'), spec: { schedule: '* * * * *', jobTemplate: { spec: { template } } } });
  await client.create(pods, { apiVersion: 'v1', kind: 'Pod', metadata: metadata('too-large'), spec: { containers: [container({ name: 'c', resources: { requests: { cpu: '1000' } } })] } });
  await client.create(validatingadmissionpolicies, { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicy', metadata: { name: 'names' }, spec: { matchConstraints: { resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }] }, validations: [{ expression: 'object.metadata.name != "no"' }] } });
  await client.create(validatingadmissionpolicybindings, { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicyBinding', metadata: { name: 'names' }, spec: { policyName: 'names', validationActions: ['Deny'] } });
  await client.create(customresourcedefinitions, {
    apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com', scope: 'Cluster', names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties: { size: { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self > 0' }] } } } } }],
    },
  });
  await world.clock.advance(120_000);
}

/** What only HTTP has. */
async function ask(world: World): Promise<void> {
  assert.equal((await world.http('POST', '/apis/example.com/v1/widgets', { body: { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'a' }, size: 1 } })).status, 201);
  const map = (name: string): object => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata(name) });
  assert.equal((await world.http('POST', `/api/v1/namespaces/${ns}/configmaps`, { body: map('no') })).status, 422);
  assert.equal((await world.http('GET', `/api/v1/namespaces/${ns}/pods`)).status, 200);
  assert.equal((await world.http('GET', '/api/v1/componentstatuses')).status, 200);
  const listing = await world.watch(pods, {}, { resourceVersion: '', sendInitialEvents: true, allowWatchBookmarks: true });
  listing.stop();
  assert.equal((await world.http('GET', '/readyz')).status, 200);
}

/** Every page, read. */
async function scrape(world: World): Promise<Readonly<Record<Page, ReadonlyMap<string, ScrapedFamily>>>> {
  const server = async (path: string): Promise<ReadonlyMap<string, ScrapedFamily>> => {
    const { status, text } = await world.http('GET', path);
    assert.equal(status, 200, path);
    return parseMetrics(text);
  };
  const handler = new KubeletHandler(() => [...world.parts.nodes.values()].flatMap(({ kubelet }) => kubelet ?? []));
  const kubelet = async (path: string): Promise<ReadonlyMap<string, ScrapedFamily>> => {
    const { status, body } = await handler.handle('GET', path, new AbortController().signal);
    assert.equal(status, 200, path);
    return parseMetrics(String(body));
  };
  assert.equal((await handler.handle('GET', '/healthz', new AbortController().signal)).status, 200);
  assert.deepEqual([...(await kubelet('/metrics/slis')).get('kubernetes_healthcheck')?.series ?? []], [['{name="ping",type="healthz"}', 1], ['{name="log",type="healthz"}', 1], ['{name="syncloop",type="healthz"}', 1]]);
  const all = await server('/metrics');
  return {
    'API server': all, 'controller manager': all, 'scheduler': all, 'health': await server('/metrics/slis'), 'scheduler resources': await server('/metrics/resources'),
    'kubelet': await kubelet('/metrics'), 'kubelet resource': await kubelet('/metrics/resource'), 'kubelet probes': await kubelet('/metrics/probes'),
  };
}

test('metrics that upstream promises have its names, types, labels and buckets, and move', async () => {
  await using world = await World.start({ nodes: 1 });
  await live(world);
  await ask(world);
  const pages = await scrape(world);
  const wrong: string[] = [];
  const expect = (what: string, actual: unknown, expected: unknown): void => {
    if (JSON.stringify(actual) !== JSON.stringify(expected)) wrong.push(`${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
  };
  for (const { page, name, level, type, labels, bounds, zero, unmoved, absent } of promisedMetrics) {
    const family = pages[page].get(name);
    if (absent !== undefined || unmoved !== undefined) {
      expect(`${name} is there`, family !== undefined, false);
      continue;
    }
    if (family === undefined) {
      wrong.push(`${name} is missing`);
      continue;
    }
    expect(`${name}'s type`, family.type, type);
    expect(`${name}'s level`, /^\[(\w+)\]/.exec(family.help)?.[1], level);
    expect(`${name}'s labels`, [...family.labels].sort(), labels === '' ? [] : labels.split(' '));
    if (bounds !== undefined) expect(`${name}'s buckets`, [...family.bounds], bounds);
    if (zero !== true) expect(`${name} moves`, [...family.series.values()].some((value) => value > 0), true);
  }
  assert.deepEqual(wrong, []);
});

test('docs/metrics.md tells of the same', () => {
  const row = ({ page, name, level, type, labels, absent }: (typeof promisedMetrics)[number]): string => `| \`${name}\` | ${level} ${type} | ${labels === '' ? '' : `\`${labels.replaceAll(' ', '`, `')}\``} | ${absent === undefined ? page : `not here: ${absent}`} |`;
  const text = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
  const table = text.split('\n').filter((line) => line.startsWith('| `'));
  assert.deepEqual(table, promisedMetrics.map(row));
});

/** A pod that asks for nothing has no series: see `kube_pod_resource_request`. */
test('what pods ask for is told with its unit', async () => {
  await using world = await World.start({ nodes: 1 });
  const asks = (name: string, requests: Record<string, string>): Pod => ({ apiVersion: 'v1', kind: 'Pod', metadata: metadata(name), spec: { priority: 0, containers: [container({ name: 'c', resources: { requests, limits: requests } })] } });
  await world.client.create(pods, asks('some', { 'cpu': '250m', 'memory': '1Ki', 'ephemeral-storage': '10' }));
  await world.client.create(pods, asks('none', {}));
  await world.clock.advance(3_000);
  const families = parseMetrics((await world.http('GET', '/metrics/resources')).text);
  const of = (resource: string, unit: string): string => `{namespace="default",node="node-1",pod="some",priority="0",resource="${resource}",scheduler="default-scheduler",unit="${unit}"}`;
  const expected = new Map([[of('cpu', 'cores'), 0.25], [of('memory', 'bytes'), 1024], [of('ephemeral-storage', 'bytes'), 10]]);
  assert.deepEqual([...families.keys()], ['kube_pod_resource_request', 'kube_pod_resource_limit']);
  for (const { series } of families.values()) assert.deepEqual(series, expected);
});
