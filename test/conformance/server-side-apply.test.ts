/** Server-side apply and field managers as kubectl uses them; skipped where it is not installed. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { KubectlCluster } from './kubectl-cluster.ts';
import { startKubectlCluster, withoutKubectl } from './kubectl-cluster.ts';

const skip = withoutKubectl;
let running: KubectlCluster;

before(async () => {
  if (skip === false) running = await startKubectlCluster();
});
after(async () => {
  if (skip === false) await running[Symbol.asyncDispose]();
});

/** Runs kubectl with an object on its standard input. */
const kubectl = (args: readonly string[], { object, ...options }: { readonly object?: object; readonly code?: number } = {}): Promise<{ out: string; err: string }> =>
  running.run(args, { ...options, ...(object !== undefined && { stdin: JSON.stringify(object) }) });

const apply = (object: object, ...more: string[]): Promise<{ out: string; err: string }> => kubectl(['apply', '--server-side', '-f', '-', ...more], { object });
const read = async (name: string, path: string): Promise<string> => (await kubectl(['get', ...name.split('/'), '--show-managed-fields', '-o', `jsonpath=${path}`])).out;
const managers = (name: string): Promise<string> => read(name, '{range .metadata.managedFields[*]}{.manager} {.operation} {.subresource}{"\\n"}{end}');

function deployment(name: string, spec: { readonly replicas?: number; readonly image?: string }): object {
  const { replicas, image = 'registry.k8s.io/pause:3.10' } = spec;
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec: { ...(replicas !== undefined && { replicas }), selector: { matchLabels: { app: name } }, template: { metadata: { labels: { app: name } }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'main', image }] } } } };
}

test('[sig-api-machinery] ServerSideApply should create an applied object if it does not already exist, and work for subresources', { skip }, async () => {
  assert.match((await apply(deployment('first', { replicas: 1 }))).out, /deployment\.apps\/first serverside-applied/);
  assert.match(await managers('deployment/first'), /^kubectl Apply \n/);
  assert.match((await apply(deployment('first', { replicas: 1 }))).out, /serverside-applied/);
  await kubectl(['wait', 'deployment/first', '--for=condition=Available', '--timeout=20s']);
  assert.match(await managers('deployment/first'), /^kubectl Apply \nkube-controller-manager Update status\n$/);
  await kubectl(['delete', 'deployment', 'first', '--wait=false']);
});

test('[sig-api-machinery] ServerSideApply should give up ownership of a field if forced applied by a controller', { skip }, async () => {
  await apply(deployment('owned', { replicas: 1 }), '--field-manager=first');
  const refused = await kubectl(['apply', '--server-side', '-f', '-', '--field-manager=second'], { object: deployment('owned', { replicas: 2 }), code: 1 });
  assert.match(refused.err, /Apply failed with 1 conflict: conflict with "first": \.spec\.replicas/);
  await apply(deployment('owned', { replicas: 2 }), '--field-manager=second', '--force-conflicts');
  assert.equal(await read('deployment/owned', '{.spec.replicas}'), '2');
  // What the first leaves out now is the second's alone, and stays.
  await apply(deployment('owned', {}), '--field-manager=first');
  assert.equal(await read('deployment/owned', '{.spec.replicas}'), '2');
  await kubectl(['scale', 'deployment', 'owned', '--replicas=3']);
  assert.match(await managers('deployment/owned'), /kubectl Update scale/);
  await kubectl(['delete', 'deployment', 'owned', '--wait=false']);
});

test('[sig-api-machinery] ServerSideApply should remove a field if it is owned but removed in the apply request', { skip }, async () => {
  const map = (data: object, metadata: object = {}): object => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'fields', ...metadata }, data });
  await apply(map({ a: '1', b: '2' }, { labels: { all: 'mine' } }));
  await apply(map({ a: '1' }));
  assert.equal(await read('configmap/fields', '{.metadata.name}{.metadata.labels}'), 'fields');
  assert.equal(await read('configmap/fields', '{.data}'), '{"a":"1"}');
  assert.match((await apply(map({ a: '1', c: '3' }), '--dry-run=server', '-o', 'yaml')).out, /c: "3"/);
  assert.equal(await read('configmap/fields', '{.data}'), '{"a":"1"}');
  const difference = await kubectl(['diff', '--server-side', '-f', '-'], { object: map({ a: '2' }), code: 1 });
  assert.match(difference.out, /^-\s+a: "1"$/m);
  assert.match(difference.out, /^\+\s+a: "2"$/m);
  await kubectl(['delete', 'configmap', 'fields']);
});

test('[sig-cli] Kubectl client-side apply becomes server-side apply, and the other way about', { skip }, async () => {
  const map = (data: object): object => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'migrated' }, data });
  await kubectl(['apply', '-f', '-'], { object: map({ a: '1', gone: 'x' }) });
  assert.match(await managers('configmap/migrated'), /^kubectl-client-side-apply Update \n$/);
  await apply(map({ a: '2' }));
  assert.equal(await read('configmap/migrated', '{.data}'), '{"a":"2"}', 'kubectl moved the fields of the client-side apply to itself');
  assert.match(await managers('configmap/migrated'), /^kubectl Apply \n/m);
  assert.doesNotMatch(await managers('configmap/migrated'), /client-side/);
  assert.match(await read('configmap/migrated', '{.metadata.annotations.kubectl\\.kubernetes\\.io/last-applied-configuration}'), /"data":\{"a":"2"\}/);
  await kubectl(['apply', '-f', '-'], { object: map({ a: '3' }) });
  assert.equal(await read('configmap/migrated', '{.data.a}'), '3');
  await kubectl(['label', 'configmap', 'migrated', 'x=y', '--field-manager=labeller']);
  assert.match(await managers('configmap/migrated'), /labeller Update/);
  assert.doesNotMatch((await kubectl(['get', 'configmap', 'migrated', '-o', 'yaml'])).out, /managedFields/);
  await kubectl(['delete', 'configmap', 'migrated']);
});

test('[sig-api-machinery] FieldValidation: an apply with a field that nobody knows, or twice the same', { skip }, async () => {
  const { err } = await kubectl(['apply', '--server-side', '-f', '-'], { object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'wrong' }, nothing: 1 }, code: 1 });
  assert.match(err, /failed to create typed patch object \(default\/wrong; \/v1, Kind=ConfigMap\): \.nothing: field not declared in schema/);
});
