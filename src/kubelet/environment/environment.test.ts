import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConfigMap, Container, Pod, Secret, Service } from '../../api/types/core/v1.ts';
import type { EnvironmentSources } from './environment.ts';
import { ContainerConfigError, environmentOf } from './environment.ts';
import { expand } from './expansion.ts';

const service = (name: string, namespace: string, clusterIP: string, ports: { port: number; name?: string; protocol?: string }[]): Service => ({ metadata: { name, namespace }, spec: { clusterIP, ports } });
const configMap: ConfigMap = { metadata: { name: 'settings' }, data: { A: 'alpha', 'b.c': 'dotted' } };
const secret: Secret = { metadata: { name: 'keys' }, data: { password: Buffer.from('s3cret').toString('base64') } };
const sources: EnvironmentSources = {
  configMap: async (_, name) => (name === 'settings' ? configMap : undefined),
  secret: async (_, name) => (name === 'keys' ? secret : undefined),
  services: (namespace) => (namespace === 'default' ? [service('kubernetes', 'default', '10.96.0.1', [{ port: 443, name: 'https' }])] : [service('redis-master', 'shop', '10.96.0.7', [{ port: 6379, name: 'db' }]), service('headless', 'shop', 'None', [{ port: 1 }])]),
  volumeFile: async () => "HOST='db'\n",
  facts: { podIps: ['10.244.0.5'], hostIps: ['192.168.0.2'], allocatable: { cpu: '8', memory: '32Gi' } },
};
const pod: Pod = { metadata: { name: 'web', namespace: 'shop', uid: 'u1', labels: { app: 'web', tier: 'front' }, annotations: {} }, spec: { nodeName: 'node-1', serviceAccountName: 'robot', containers: [] } };
const of = async (container: Partial<Container>, extra: Partial<NonNullable<Pod['spec']>> = {}): Promise<Record<string, string>> => Object.fromEntries(await environmentOf({ ...pod, spec: { ...pod.spec!, ...extra } }, { name: 'app', ...container }, sources));

test('$(NAME) expands, $$ escapes, the unknown stays', () => {
  const cases: [string, string][] = [['$(A)', 'a'], ['x$(A)y$(B)', 'xayb'], ['$$(A)', '$(A)'], ['$(NONE)', '$(NONE)'], ['$A', '$A'], ['$(A', '$(A'], ['$', '$'], ['$$$(A)', '$a'], ['a$$', 'a$']];
  for (const [text, expected] of cases) assert.equal(expand(text, (name) => ({ A: 'a', B: 'b' })[name]), expected, text);
});

test('variables come from every source, later ones see earlier ones', async () => {
  const environment = await of({
    envFrom: [{ prefix: 'CM_', configMapRef: { name: 'settings' } }, { secretRef: { name: 'keys' } }, { configMapRef: { name: 'none', optional: true } }],
    env: [
      { name: 'PLAIN', value: 'x' }, { name: 'SUM', value: '$(PLAIN)-$(CM_A)-$(REDIS_MASTER_SERVICE_PORT)' },
      { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }, { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      { name: 'LABEL', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } }, { name: 'LABELS', valueFrom: { fieldRef: { fieldPath: 'metadata.labels' } } },
      { name: 'LIMIT', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } }, { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
      { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'keys', key: 'password' } } }, { name: 'FROM_FILE', valueFrom: { fileKeyRef: { volumeName: 'v', path: 'env', key: 'HOST' } } }, { name: 'MAYBE', valueFrom: { configMapKeyRef: { name: 'settings', key: 'no', optional: true } } },
    ],
    resources: { limits: { memory: '64Mi' } },
  });
  const { PLAIN, SUM, NODE, IP, LABEL, LABELS, LIMIT, CPU, PASSWORD, CM_A, password, FROM_FILE } = environment;
  assert.deepEqual({ PLAIN, SUM, NODE, IP, LABEL, LABELS, LIMIT, CPU, PASSWORD, CM_A, password, FROM_FILE }, {
    PLAIN: 'x', SUM: 'x-alpha-6379', NODE: 'node-1', IP: '10.244.0.5', LABEL: 'web', LABELS: 'app="web"\ntier="front"', LIMIT: '64', CPU: '8', PASSWORD: 's3cret', CM_A: 'alpha', password: 's3cret', FROM_FILE: 'db',
  });
  assert.equal('MAYBE' in environment, false);
});

test('services are linked by upstream\'s names, and the API always', async () => {
  const linked = await of({});
  assert.equal(linked['REDIS_MASTER_SERVICE_HOST'], '10.96.0.7');
  assert.equal(linked['REDIS_MASTER_SERVICE_PORT_DB'], '6379');
  assert.equal(linked['REDIS_MASTER_PORT'], 'tcp://10.96.0.7:6379');
  assert.equal(linked['REDIS_MASTER_PORT_6379_TCP_ADDR'], '10.96.0.7');
  assert.equal('HEADLESS_SERVICE_HOST' in linked, false);
  const unlinked = await of({}, { enableServiceLinks: false });
  assert.deepEqual(Object.keys(unlinked).filter((name) => name.startsWith('REDIS')), []);
  assert.equal(unlinked['KUBERNETES_SERVICE_HOST'], '10.96.0.1');
});

test('what is missing is told as upstream tells it', async () => {
  const cases: [Partial<Container>, string][] = [
    [{ envFrom: [{ configMapRef: { name: 'none' } }] }, 'configmap "none" not found'],
    [{ envFrom: [{ secretRef: { name: 'none' } }] }, 'secret "none" not found'],
    [{ env: [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'settings', key: 'no' } } }] }, "couldn't find key no in ConfigMap shop/settings"],
    [{ env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'keys', key: 'no' } } }] }, "couldn't find key no in Secret shop/keys"],
    [{ env: [{ name: 'X', valueFrom: { fileKeyRef: { volumeName: 'v', path: 'env', key: 'no' } } }] }, 'environment variable key "no" not found in file "env"'],
  ];
  for (const [container, message] of cases) await assert.rejects(of(container), (error: unknown) => error instanceof ContainerConfigError && error.message === message, message);
});
