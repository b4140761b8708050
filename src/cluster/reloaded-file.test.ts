import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { standardAccess } from '../apiserver/authorization/access.ts';
import { readAuthorizationConfiguration } from '../apiserver/authorization/configuration.ts';
import type { MetricsRegistry } from '../apiserver/metrics/registry.ts';
import { refusal, TestServer } from '../apiserver/testing/server.ts';
import { testPki } from '../apiserver/testing/serving-certificate.ts';
import { silentLogger } from '../base/logger.ts';
import { SeededRandom } from '../base/random.ts';
import { VirtualClock } from '../base/virtual-clock.ts';
import { MemoryStore } from '../store/drivers/memory/memory-store.ts';
import { bytesOf } from '../store/store.ts';
import { readEncryption } from './encryption.ts';
import { ReloadedFile } from './reloaded-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'coxswain-reload-'));
after(() => rmSync(folder, { recursive: true }));

const parts = (): { clock: VirtualClock; random: SeededRandom; logger: typeof silentLogger } => ({ clock: new VirtualClock(), random: new SeededRandom(1), logger: silentLogger });

async function reloadsIn(metrics: MetricsRegistry, configures: string): Promise<string[]> {
  const text = await metrics.render();
  return [...text.matchAll(new RegExp(`^apiserver_${configures}_config_controller_automatic_reloads_total\\{apiserver_id_hash="sha256:[0-9a-f]{64}",(.*)$`, 'gm'))].map(([, rest]) => rest!);
}

const encryption = (...keys: string[]): string => JSON.stringify({ kind: 'EncryptionConfiguration', apiVersion: 'apiserver.config.k8s.io/v1', resources: [{ resources: ['secrets'], providers: [{ aesgcm: { keys: keys.map((name) => ({ name, secret: Buffer.alloc(32, name).toString('base64') })) } }, { identity: {} }] }] });

test('keys that are added to the encryption configuration seal from then on; what cannot be used changes nothing', async () => {
  const path = join(folder, 'encryption.yaml');
  writeFileSync(path, encryption('a'));
  const read = await readEncryption(path, parts(), { reload: true });
  const store = MemoryStore.open();
  await using api = await TestServer.start({ store, encryption: read.encryption, metrics: read.metrics });
  const sealed = async (name: string): Promise<string> => Buffer.from(bytesOf((await store.get(`/registry/core/secrets/default/${name}`))!.value)).toString('latin1').slice(0, 24);
  const secrets = '/api/v1/namespaces/default/secrets';
  await api.create(secrets, { metadata: { name: 'one' } });
  assert.match(await sealed('one'), /^k8s:enc:aesgcm:v1:a:/);

  writeFileSync(path, encryption('b', 'a'));
  await read.look();
  await api.create(secrets, { metadata: { name: 'two' } });
  assert.match(await sealed('two'), /^k8s:enc:aesgcm:v1:b:/);
  assert.equal((await api.get(`${secrets}/one`)).metadata.name, 'one');

  writeFileSync(path, 'kind: Nothing');
  await read.look();
  await api.create(secrets, { metadata: { name: 'three' } });
  assert.match(await sealed('three'), /^k8s:enc:aesgcm:v1:b:/);
  assert.deepEqual(await reloadsIn(api.server.metrics, 'encryption'), ['status="success"} 1', 'status="failure"} 1']);
});

const chain = (...types: string[]): string => JSON.stringify({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthorizationConfiguration', authorizers: types.map((type) => ({ type, name: type.toLowerCase() })) });

test('the chain of authorizers follows its file; Node and RBAC cannot be added later', async () => {
  const path = join(folder, 'authorization.yaml');
  const read = (text: string): ReturnType<typeof readAuthorizationConfiguration> => readAuthorizationConfiguration(text, () => Promise.reject(new Error('no kubeconfig')));
  const text = chain('RBAC');
  writeFileSync(path, text);
  const { clock } = parts();
  using file = await ReloadedFile.open({ path, text, value: await read(text), read }, { configures: 'authorization', clock, logger: silentLogger });
  await using api = await TestServer.start({ clock, metrics: file.metrics, ...standardAccess({ pki: await testPki(), authorizers: file }) });
  const asNobody = (): Promise<unknown> => api.request('GET', '/api/v1/nodes', undefined, { user: { name: 'nobody', groups: [] } });
  await assert.rejects(asNobody, refusal('Forbidden'));
  writeFileSync(path, chain('RBAC', 'AlwaysAllow'));
  await file.look();
  await asNobody();
  writeFileSync(path, chain('Node', 'RBAC'));
  await file.look();
  await file.look();
  await asNobody();
  rmSync(path);
  await file.look();
  writeFileSync(path, chain('RBAC'));
  await file.look();
  await assert.rejects(asNobody, refusal('Forbidden'));
  assert.deepEqual(await reloadsIn(api.server.metrics, 'authorization'), ['status="success"} 2', 'status="failure"} 2']);
});
