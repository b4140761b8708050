import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authorizersOfModes, readAuthorizationConfiguration } from './configuration.ts';

const head = { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthorizationConfiguration' };
const connect = (server: string) => Promise.resolve({ server });
const read = (authorizers: readonly object[]) => readAuthorizationConfiguration(JSON.stringify({ ...head, authorizers }), connect);
const webhook = { timeout: '3s', subjectAccessReviewVersion: 'v1', failurePolicy: 'Deny', connectionInfo: { type: 'KubeConfigFile', kubeConfigFile: '/w.kubeconfig' } };

test('a configuration file is a chain of authorizers', async () => {
  assert.deepEqual(await read([
    { type: 'Webhook', name: 'first', webhook: { ...webhook, authorizedTTL: '1m30s', cacheUnauthorizedRequests: false } },
    { type: 'Webhook', name: 'second', webhook: { ...webhook, subjectAccessReviewVersion: 'v1beta1', failurePolicy: 'NoOpinion' } },
    { type: 'Node', name: 'node' },
    { type: 'RBAC', name: 'rbac' },
  ]), [
    { type: 'Webhook', name: 'first', webhook: { connection: { server: '/w.kubeconfig' }, version: 'v1', failurePolicy: 'Deny', timeoutMs: 3000, authorizedTtlMs: 90_000, unauthorizedTtlMs: 0 } },
    { type: 'Webhook', name: 'second', webhook: { connection: { server: '/w.kubeconfig' }, version: 'v1beta1', failurePolicy: 'NoOpinion', timeoutMs: 3000, authorizedTtlMs: 300_000, unauthorizedTtlMs: 30_000 } },
    { type: 'Node', name: 'node' },
    { type: 'RBAC', name: 'rbac' },
  ]);
});

test('what is wrong with it is told in upstream\'s words', async () => {
  const cases: readonly [readonly object[], string][] = [
    [[], 'authorizers: Required value: at least one authorization mode must be defined'],
    [[{}], 'authorizers[0].type: Required value'],
    [[{ type: 'X' }], 'authorizers[0].type: Unsupported value: "X": supported values: "ABAC", "AlwaysAllow", "AlwaysDeny", "Node", "RBAC", "Webhook"'],
    [[{ type: 'ABAC', name: 'a' }], 'authorizers[0].type: Forbidden: not supported: ABAC'],
    [[{ type: 'RBAC', name: 'a' }, { type: 'RBAC', name: 'b' }], 'authorizers[1].type: Duplicate value: "RBAC"'],
    [[{ type: 'RBAC' }], 'authorizers[0].name: Required value'],
    [[{ type: 'RBAC', name: 'a' }, { type: 'Node', name: 'a' }], 'authorizers[1].name: Duplicate value: "a"'],
    [[{ type: 'RBAC', name: 'a', webhook: {} }], 'authorizers[0].webhook: Invalid value: "non-null": may only be specified when type=Webhook'],
    [[{ type: 'Webhook', name: 'a' }], 'authorizers[0].webhook: Required value: required when type=Webhook'],
    [[{ type: 'Webhook', name: 'a', webhook: {} }], '[authorizers[0].timeout: Required value, authorizers[0].subjectAccessReviewVersion: Required value, authorizers[0].failurePolicy: Required value, authorizers[0].connectionInfo.type: Required value]'],
    [[{ type: 'Webhook', name: 'a', webhook: { ...webhook, timeout: '31s', authorizedTTL: '-1s', failurePolicy: 'Allow', subjectAccessReviewVersion: 'v2' } }], '[authorizers[0].timeout: Invalid value: "31s": must be > 0s and <= 30s, authorizers[0].authorizedTTL: Invalid value: "-1s": must be > 0s, authorizers[0].subjectAccessReviewVersion: Unsupported value: "v2": supported values: "v1", "v1beta1", authorizers[0].failurePolicy: Unsupported value: "Allow": supported values: "NoOpinion", "Deny"]'],
    [[{ type: 'Webhook', name: 'a', webhook: { ...webhook, connectionInfo: { type: 'InClusterConfig' } } }], 'authorizers[0].connectionInfo.type: Forbidden: not supported: InClusterConfig'],
    [[{ type: 'Webhook', name: 'a', webhook: { ...webhook, connectionInfo: { type: 'KubeConfigFile', kubeConfigFile: 'w' } } }], 'authorizers[0].connectionInfo.kubeConfigFile: Invalid value: "w": must be an absolute path'],
    [[{ type: 'Webhook', name: 'a', webhook: { ...webhook, matchConditions: [{ expression: 'true' }] } }], 'authorizers[0].matchConditions[0].expression: Forbidden: not supported: CEL expressions in an AuthorizationConfiguration'],
    [[{ type: 'Webhook', name: 'a', webhook: { ...webhook, retries: '3' } }], 'strict decoding error: unknown field "authorizers[0].webhook.retries"'],
  ];
  for (const [authorizers, message] of cases) await assert.rejects(read(authorizers), { message });
});

test('modes', () => {
  assert.deepEqual(authorizersOfModes(['Node', 'RBAC']).map(({ type }) => type), ['Node', 'RBAC']);
  assert.throws(() => authorizersOfModes([]), /at least one authorization-mode must be passed/);
  assert.throws(() => authorizersOfModes(['RBAC', 'RBAC']), /has mode specified more than once/);
  assert.throws(() => authorizersOfModes(['Webhook']), /authorization-mode Webhook's authorization config file not passed/);
});
