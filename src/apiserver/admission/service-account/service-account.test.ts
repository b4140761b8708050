import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pods, serviceaccounts } from '../../../api/resources.ts';
import type { Pod, PodSpec, ServiceAccount, Volume } from '../../../api/types/core/v1.ts';
import { SeededRandom } from '../../../base/random.ts';
import { VirtualClock } from '../../../base/virtual-clock.ts';
import { FakeReader } from '../../authorization/fake-reader.ts';
import { admitted, attributesFor } from '../attributes.ts';
import { serviceAccount } from './service-account.ts';

function world(...accounts: readonly Partial<ServiceAccount>[]) {
  const reader = new FakeReader();
  const clock = new VirtualClock();
  for (const account of accounts) reader.put(serviceaccounts, { ...account, metadata: { name: 'default', namespace: 'ns', ...account.metadata } });
  return { reader, clock, plugin: serviceAccount({ reader, clock, random: new SeededRandom(1) }) };
}

const podOf = (spec: Partial<PodSpec> = {}, annotations: Record<string, string> = {}): Pod => ({ metadata: { name: 'p', namespace: 'ns', annotations }, spec: { containers: [{ name: 'c' }], ...spec } });

test('a pod gets the default account, a token and pull secrets', async () => {
  const { plugin } = world({ imagePullSecrets: [{ name: 'registry' }] });
  const object = podOf({ initContainers: [{ name: 'i' }], containers: [{ name: 'c' }, { name: 'own', volumeMounts: [{ name: 'x', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }] }] });
  assert.equal(await admitted(plugin, attributesFor(pods, { object })), 'ok');
  const { spec } = object;
  const name = spec!.volumes![0]!.name;
  assert.match(name, /^kube-api-access-[a-z0-9]{5}$/);
  const mount = { name, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', readOnly: true };
  assert.deepEqual(spec, {
    serviceAccountName: 'default', serviceAccount: 'default', imagePullSecrets: [{ name: 'registry' }],
    initContainers: [{ name: 'i', volumeMounts: [mount] }],
    containers: [{ name: 'c', volumeMounts: [mount] }, { name: 'own', volumeMounts: [{ name: 'x', mountPath: mount.mountPath }] }],
    volumes: [{
      name,
      projected: {
        defaultMode: 420,
        sources: [
          { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
          { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
          { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
        ],
      },
    }],
  });
});

test('a volume without a name is left for validation to refuse', async () => {
  const { plugin } = world({});
  const nameless: object = { emptyDir: {} };
  const object = podOf({ volumes: [nameless as Volume] });
  assert.equal(await admitted(plugin, attributesFor(pods, { object })), 'ok');
  assert.match(object.spec!.volumes![1]!.name, /^kube-api-access-/);
});

test('who wants no token gets none', async () => {
  const cases: readonly [boolean | undefined, boolean | undefined, boolean][] = [
    [undefined, undefined, true], [false, undefined, false], [undefined, false, false], [true, false, true], [false, true, false],
  ];
  for (const [ofPod, ofAccount, expected] of cases) {
    const { plugin } = world(ofAccount === undefined ? {} : { automountServiceAccountToken: ofAccount });
    const object = podOf(ofPod === undefined ? {} : { automountServiceAccountToken: ofPod });
    await admitted(plugin, attributesFor(pods, { object }));
    assert.equal(object.spec?.volumes !== undefined, expected, `${ofPod} ${ofAccount}`);
  }
});

test('accounts must exist; the default one is waited for', async () => {
  const { plugin, reader, clock } = world();
  assert.equal(await admitted(plugin, attributesFor(pods, { object: podOf({ serviceAccountName: 'robot' }) })), 'pods "p" is forbidden: error looking up service account ns/robot: serviceaccount "robot" not found');
  assert.equal(await admitted(plugin, attributesFor(pods, { object: podOf({ serviceAccount: 'old-name' }) })), 'pods "p" is forbidden: error looking up service account ns/old-name: serviceaccount "old-name" not found');
  const never = admitted(plugin, attributesFor(pods, { object: podOf() }));
  await clock.advance(2000);
  assert.equal(await never, 'pods "p" is forbidden: error looking up service account ns/default: serviceaccount "default" not found');
  const soon = admitted(plugin, attributesFor(pods, { object: podOf() }));
  await clock.settle();
  reader.put(serviceaccounts, { metadata: { name: 'default', namespace: 'ns' } });
  assert.equal(await soon, 'ok');
});

test('a mirror pod refers to nothing and is left as it is', async () => {
  const { plugin } = world({});
  const mirror = { 'kubernetes.io/config.mirror': 'x' };
  const plain = podOf({}, mirror);
  assert.equal(await admitted(plugin, attributesFor(pods, { object: plain })), 'ok');
  assert.deepEqual(plain.spec, { containers: [{ name: 'c' }] });
  const cases: readonly [Partial<PodSpec>, string][] = [
    [{ serviceAccountName: 'x' }, 'a mirror pod may not reference service accounts'],
    [{ volumes: [{ name: 'v', secret: { secretName: 's' } }] }, 'a mirror pod may not reference secrets'],
    [{ volumes: [{ name: 'v', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }] }, 'a mirror pod may not use ServiceAccountToken volume projections'],
  ];
  for (const [spec, error] of cases) assert.equal(await admitted(plugin, attributesFor(pods, { object: podOf(spec, mirror) })), `pods "p" is forbidden: ${error}`);
});

test('an account may limit its pods to its own secrets', async () => {
  const { plugin } = world({ metadata: { annotations: { 'kubernetes.io/enforce-mountable-secrets': 'true' } }, secrets: [{ name: 'good' }], imagePullSecrets: [{ name: 'pull' }] });
  const reason = 'is not allowed because service account default does not reference that';
  const cases: readonly [Partial<PodSpec>, string][] = [
    [{ volumes: [{ name: 'v', secret: { secretName: 'good' } }] }, 'ok'],
    [{ volumes: [{ name: 'v', secret: { secretName: 'bad' } }] }, `volume with secret.secretName="bad" ${reason} secret`],
    [{ containers: [{ name: 'c', env: [{ name: 'E', valueFrom: { secretKeyRef: { name: 'bad', key: 'k' } } }] }] }, `container c with envVar E referencing secret.secretName="bad" ${reason} secret`],
    [{ initContainers: [{ name: 'i', envFrom: [{ secretRef: { name: 'bad' } }] }] }, `init container i with envFrom referencing secret.secretName="bad" ${reason} secret`],
    [{ imagePullSecrets: [{ name: 'bad' }] }, `imagePullSecrets[0].name="bad" ${reason} imagePullSecret`],
  ];
  for (const [spec, expected] of cases) {
    assert.equal(await admitted(plugin, attributesFor(pods, { object: podOf(spec) })), expected === 'ok' ? 'ok' : `pods "p" is forbidden: ${expected}`);
  }
});
