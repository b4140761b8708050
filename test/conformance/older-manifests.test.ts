/** Manifests of years ago, against a whole cluster that has their versions turned on: the controllers see what they always see. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { startSimulatedCluster } from '../clients/simulated-cluster.ts';
import type { KubeObject } from '../../src/api/meta/object.ts';
import type { ResourceType } from '../../src/api/resource-type.ts';
import { deployments, pods } from '../../src/api/resources.ts';
import type { Deployment } from '../../src/api/types/apps/v1.ts';
import { World } from './world.ts';

const runtimeConfig = Object.fromEntries(['extensions/v1beta1', 'apps/v1beta1', 'apps/v1beta2', 'networking.k8s.io/v1beta1', 'batch/v1beta1', 'policy/v1beta1', 'settings.k8s.io/v1alpha1'].map((version) => [version, 'true']));

interface Old extends KubeObject { spec?: Record<string, unknown> }
const oldDeployments: ResourceType<Old> = { group: 'extensions', version: 'v1beta1', resource: 'deployments', kind: 'Deployment', namespaced: true };
const oldDaemonSets: ResourceType<Old> = { ...oldDeployments, resource: 'daemonsets', kind: 'DaemonSet' };
const oldCronJobs: ResourceType<Old> = { group: 'batch', version: 'v1beta1', resource: 'cronjobs', kind: 'CronJob', namespaced: true };
const presets: ResourceType<Old> = { group: 'settings.k8s.io', version: 'v1alpha1', resource: 'podpresets', kind: 'PodPreset', namespaced: true };

const template = (image: string): object => ({ metadata: { labels: { app: 'nginx' } }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'nginx', image, ports: [{ containerPort: 80 }] }] } });

test('workloads written in old versions run; a rollback goes back by a request', async () => {
  await using world = await World.start({ runtimeConfig });
  const { client } = world;
  const namespace = await world.namespace('old');
  await client.create(oldDeployments, { apiVersion: 'extensions/v1beta1', kind: 'Deployment', metadata: { name: 'nginx', namespace }, spec: { replicas: 2, template: template('nginx:1.7.9') } });
  const rolledOut = (image: string): Promise<Deployment> => world.until(`${image} to run`, async () => {
    const found = await client.get(deployments, { namespace, name: 'nginx' });
    const running = (await client.list(pods, { namespace }, { labelSelector: 'app=nginx' })).items;
    return running.length === 2 && running.every(({ spec, status }) => spec?.containers[0]?.image === image && status?.phase === 'Running') && found.status?.availableReplicas === 2 && found;
  });
  await rolledOut('nginx:1.7.9');
  await world.retry(oldDeployments, { namespace, name: 'nginx' }, (old) => ({ ...old, spec: { ...old.spec, template: template('nginx:1.9.1') } }));
  await rolledOut('nginx:1.9.1');

  await client.raw('POST', `/apis/extensions/v1beta1/namespaces/${namespace}/deployments/nginx/rollback`, { apiVersion: 'extensions/v1beta1', kind: 'DeploymentRollback', name: 'nginx', rollbackTo: { revision: 0 } });
  const back = await rolledOut('nginx:1.7.9');
  assert.equal(back.metadata.annotations?.['deprecated.deployment.rollback.to'], undefined);
  assert.equal(back.metadata.annotations?.['deployment.kubernetes.io/revision'], '3');
  await client.raw('POST', `/apis/apps/v1beta1/namespaces/${namespace}/deployments/nginx/rollback`, { kind: 'DeploymentRollback', apiVersion: 'apps/v1beta1', name: 'nginx', rollbackTo: { revision: 77 } });
  await world.until('the wish to be given up', async () => (await client.get(deployments, { namespace, name: 'nginx' })).metadata.annotations?.['deprecated.deployment.rollback.to'] === undefined);

  await client.create(oldDaemonSets, { apiVersion: 'extensions/v1beta1', kind: 'DaemonSet', metadata: { name: 'agent', namespace }, spec: { template: { ...template('agent:1'), metadata: { labels: { app: 'agent' } } } } });
  assert.deepEqual((await client.get(oldDaemonSets, { namespace, name: 'agent' })).spec?.['updateStrategy'], { type: 'OnDelete' });
  await client.create(oldCronJobs, { apiVersion: 'batch/v1beta1', kind: 'CronJob', metadata: { name: 'hello', namespace }, spec: { schedule: '*/1 * * * *', jobTemplate: { spec: { template: { spec: { restartPolicy: 'OnFailure', containers: [{ name: 'hello', image: 'busybox' }] } } } } } });
  assert.equal((await client.get(oldCronJobs, { namespace, name: 'hello' })).spec?.['concurrencyPolicy'], 'Allow');
});

test('a pod preset reaches the pods of a deployment; where it cannot, the replica set is told', async () => {
  await using world = await World.start({ runtimeConfig });
  const { client } = world;
  const namespace = await world.namespace('presets');
  await client.create(presets, { apiVersion: 'settings.k8s.io/v1alpha1', kind: 'PodPreset', metadata: { name: 'allow-database', namespace }, spec: { selector: { matchLabels: { app: 'nginx' } }, env: [{ name: 'DB_PORT', value: '6379' }] } });
  await client.create(deployments, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'nginx', namespace }, spec: { selector: { matchLabels: { app: 'nginx' } }, template: template('nginx') } } as unknown as Deployment);
  const [pod] = await world.until('a pod', async () => {
    const { items } = await client.list(pods, { namespace });
    return items.length === 1 && items;
  });
  assert.deepEqual(pod!.spec?.containers[0]?.env, [{ name: 'DB_PORT', value: '6379' }]);
  assert.match(pod!.metadata.annotations?.['podpreset.admission.kubernetes.io/podpreset-allow-database'] ?? '', /^\d+$/);
});

const program = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'kubectl')).find((file) => existsSync(file));
const manifest = `
apiVersion: extensions/v1beta1
kind: Deployment
metadata:
  name: nginx-deployment
spec:
  replicas: 2
  template:
    metadata:
      labels:
        app: nginx
    spec:
      containers:
      - name: nginx
        image: nginx:1.7.9
---
apiVersion: networking.k8s.io/v1beta1
kind: Ingress
metadata:
  name: web
spec:
  rules:
  - http:
      paths:
      - path: /testpath
        pathType: ImplementationSpecific
        backend:
          serviceName: test
          servicePort: 80
`;

test('kubectl applies an old manifest, and is warned', { skip: program === undefined ? 'kubectl is not installed' : false }, async () => {
  await using running = await startSimulatedCluster({ runtimeConfig });
  const home = await mkdtemp(join(tmpdir(), 'coxswain-older-'));
  const kubectl = async (args: readonly string[], stdin = ''): Promise<{ out: string; err: string; code: number | null }> => {
    const child = spawn(program!, ['--kubeconfig', running.kubeconfig, ...args], { env: { PATH: process.env['PATH'] ?? '', HOME: home }, stdio: ['pipe', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => { out += chunk; });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => { err += chunk; });
    child.stdin.end(stdin);
    return { code: await new Promise((resolve) => { child.on('close', resolve); }), out, err };
  };
  try {
    const applied = await kubectl(['apply', '-f', '-'], manifest);
    assert.equal(applied.out, 'deployment.extensions/nginx-deployment created\ningress.networking.k8s.io/web created\n', applied.err);
    assert.match(applied.err, /Warning: extensions\/v1beta1 Deployment is deprecated in v1\.8\+, unavailable in v1\.16\+; use apps\/v1 Deployment/);
    assert.match(applied.err, /Warning: networking\.k8s\.io\/v1beta1 Ingress is deprecated in v1\.19\+, unavailable in v1\.22\+; use networking\.k8s\.io\/v1 Ingress/);
    const again = await kubectl(['apply', '-f', '-'], manifest);
    assert.equal(again.out, 'deployment.extensions/nginx-deployment unchanged\ningress.networking.k8s.io/web unchanged\n', again.err);
    assert.equal((await kubectl(['get', 'deploy', 'nginx-deployment', '-o', 'jsonpath={.apiVersion} {.spec.selector.matchLabels.app}'])).out, 'apps/v1 nginx');
    assert.equal((await kubectl(['get', 'deployments.v1beta1.extensions', '-o', 'name'])).out, 'deployment.extensions/nginx-deployment\n');
    assert.match((await kubectl(['explain', 'deployment.spec.rollbackTo', '--api-version=extensions/v1beta1'])).out, /revision/);
    const policy = await kubectl(['create', '-f', '-'], JSON.stringify({ apiVersion: 'policy/v1beta1', kind: 'PodSecurityPolicy', metadata: { name: 'restricted' }, spec: {} }));
    assert.match(policy.err, /not supported: PodSecurityPolicy was removed in Kubernetes v1\.25/);
    assert.deepEqual((await kubectl(['api-versions'])).out.split('\n').filter((version) => version.startsWith('apps/') || version.startsWith('extensions/')), ['apps/v1', 'apps/v1beta1', 'apps/v1beta2', 'extensions/v1beta1']);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});
