import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { silentLogger } from '../../base/logger.ts';
import { SeededRandom } from '../../base/random.ts';
import { RealClock } from '../../base/real-clock.ts';
import { VirtualClock } from '../../base/virtual-clock.ts';
import { storeContract } from '../../store/contract.ts';
import { MemoryStore } from '../../store/drivers/memory/memory-store.ts';
import { bytesOf } from '../../store/store.ts';
import { TestServer } from '../testing/server.ts';
import { parseEncryptionConfiguration } from './configuration.ts';
import { EncryptedStore } from './encrypted-store.ts';
import { openEncryption } from './open-encryption.ts';
import { connectKms, kmsServiceDefinition } from './providers/kms-client.ts';
import type { KmsService } from './providers/kms-service.ts';
import { KmsProvider } from './providers/kms.ts';
import { aesCbc, aesGcm } from './providers/keyed.ts';
import { identity } from './providers/identity.ts';
import type { ValueTransformer } from './transformer.ts';
import { ProviderChain } from './transformer.ts';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const key = (name: string, size = 32): { name: string; secret: Uint8Array } => ({ name, secret: Buffer.alloc(size, name) });

for (const [name, chain] of [['aesgcm', new ProviderChain([aesGcm([key('a')])])], ['aescbc', new ProviderChain([aesCbc([key('a', 16)])])]] as const) {
  storeContract(`encrypted by ${name}`, () => Promise.resolve(new EncryptedStore(MemoryStore.open(), () => chain)));
}

/** A transformer that takes a turn of the event loop to open, as a key service does. */
const slow: ValueTransformer = { current: 'slow', seal: (plain) => plain.map((byte) => byte ^ 1), open: (stored) => Promise.resolve({ plain: stored.map((byte) => byte ^ 1), sealedBy: 'slow' }) };
storeContract('encrypted, opened later', () => Promise.resolve(new EncryptedStore(MemoryStore.open(), () => slow)));

test('values open by the key that sealed them, for the key of the store that they were sealed for', () => {
  const plain = Buffer.from('{"data":"secret"}');
  for (const make of [aesGcm, aesCbc]) {
    const old = make([key('old', 24)]);
    const rotated = new ProviderChain([make([key('new'), key('old', 24)]), identity]);
    const sealed = old.seal(plain, '/a');
    assert.ok(!text(sealed).includes('secret'));
    assert.match(text(sealed), /^k8s:enc:aes(gcm|cbc):v1:old:/);
    assert.notDeepEqual(old.seal(plain, '/a'), sealed);
    assert.deepEqual(rotated.open(sealed, '/a'), { plain: new Uint8Array(plain), sealedBy: old.current });
    assert.notEqual(rotated.current, old.current);
    assert.match(text(rotated.seal(plain, '/a')), /:v1:new:/);
    assert.throws(() => make([key('other')]).open(sealed, '/a'), { message: 'no matching key was found for the provided AES transformer' });
  }
  const gcm = aesGcm([key('a')]);
  const sealed = gcm.seal(plain, '/a');
  assert.throws(() => gcm.open(sealed, '/b'));
  sealed[sealed.length - 20]! ^= 1;
  assert.throws(() => gcm.open(sealed, '/a'));
  assert.throws(() => gcm.open(sealed.subarray(0, 25), '/a'), /shorter than the required size/);
  assert.throws(() => new ProviderChain([identity]).open(sealed, '/a'), { message: 'no matching prefix found' });
});

const base64 = (size: number): string => Buffer.alloc(size, 7).toString('base64');

test('a configuration that cannot be meant is refused, without its secrets', () => {
  const config = (...resources: object[]): object => ({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'EncryptionConfiguration', resources });
  const gcm = { aesgcm: { keys: [{ name: 'a', secret: base64(32) }] } };
  const kms = (more: object): object => ({ kms: { apiVersion: 'v2', name: 'k', endpoint: 'unix:///run/k.sock', ...more } });
  const cases: readonly [unknown, string | RegExp][] = [
    [{}, 'wants kind EncryptionConfiguration of apiserver.config.k8s.io/v1, not nothing of nothing'],
    [config(), 'resources: Required value: at least one resources is required'],
    [config({ resources: ['secrets'] }), 'resources[0].providers: Required value: at least one resources[0].providers is required'],
    [config({ resources: ['secrets', '*.'], providers: [gcm] }), /overlapping resources/],
    [config({ resources: ['secrets', 'secrets'], providers: [gcm] }), /the same resource cannot be specified multiple times/],
    [config({ resources: ['Secrets', '*', 'events.events.k8s.io', 'x.extensions', 'secrets.*'], providers: [gcm] }), /capital letters.*'\*\.'.*'events'.*'extensions'.*across groups/],
    [config({ resources: ['secrets'], providers: [{}] }), /does not contain any of the expected providers/],
    [config({ resources: ['secrets'], providers: [{ ...gcm, identity: {} }] }), /more than one provider specified/],
    [config({ resources: ['secrets'], providers: [{ secretbox: {} }] }), /secretbox: Invalid value: "secretbox": not supported/],
    [config({ resources: ['secrets'], providers: [{ aescbc: { keys: [{ name: '', secret: base64(9) }] } }] }), /keys\[0\]\.name: Required value.*secret: Invalid value: "REDACTED": secret is not of the expected length, got 9, expected one of \[16 24 32\]/],
    [config({ resources: ['secrets'], providers: [{ aescbc: { keys: [{ name: 'a', secret: 'hunter2!' }] } }] }), /"REDACTED": secrets must be base64 encoded/],
    [config({ resources: ['secrets'], providers: [kms({ apiVersion: 'v1' })] }), /KMSv1 is deprecated and not supported/],
    [config({ resources: ['secrets'], providers: [kms({ name: 'a:b', endpoint: 'tcp://x', timeout: '-1s', cachesize: 5 })] }), /must not contain ':'.*positive value.*only unix is supported.*cachesize is not supported/],
    [config({ resources: ['a'], providers: [kms({})] }, { resources: ['b'], providers: [kms({})] }), /duplicate KMS provider name k/],
  ];
  for (const [document, message] of cases) assert.throws(() => parseEncryptionConfiguration(document), { message });
  assert.deepEqual(parseEncryptionConfiguration(config({ resources: ['secrets', '*.apps'], providers: [kms({ timeout: '1m500ms' }), { identity: {} }] })), [
    { resources: ['secrets', '*.apps'], providers: [{ kind: 'kms', name: 'k', endpoint: 'unix:///run/k.sock', timeoutMs: 60_500 }, { kind: 'identity' }] },
  ]);
});

/** A store that outlives its servers. */
function lastingStore(): MemoryStore {
  const store = MemoryStore.open();
  return Object.defineProperty(store, Symbol.asyncDispose, { value: () => Promise.resolve() });
}

const parts = { clock: new VirtualClock(), random: new SeededRandom(1), logger: silentLogger };

test('secrets are sealed on the disk, open after a restart, and are sealed anew under a new key by a write that changes nothing', async () => {
  const store = lastingStore();
  const secrets = '/api/v1/namespaces/default/secrets';
  const choose = (...names: string[]): ReturnType<typeof openEncryption> => openEncryption([{ resources: ['secrets'], providers: [{ kind: 'aesgcm', keys: names.map((name) => key(name)) }, { kind: 'identity' }] }], parts);
  const stored = async (): Promise<string> => text(bytesOf((await store.get('/registry/core/secrets/default/s'))!.value));
  {
    await using api = await TestServer.start({ store, encryption: await choose('one') });
    await api.create(secrets, { metadata: { name: 's' }, stringData: { password: 'hunter2' } });
    await api.create('/api/v1/namespaces/default/configmaps', { metadata: { name: 'c' }, data: { a: 'plain' } });
    const watch = api.watch(`${secrets}?watch=1`);
    await api.patch(`${secrets}/s`, { stringData: { password: 'hunter3' } });
    await api.clock.advance(0);
    assert.equal(watch.events.at(-1)?.object.data['password'] as unknown, Buffer.from('hunter3').toString('base64'));
    watch.stop();
  }
  assert.match(await stored(), /^k8s:enc:aesgcm:v1:one:/);
  assert.ok(!(await stored()).includes(Buffer.from('hunter3').toString('base64')));
  assert.match(text(bytesOf((await store.get('/registry/core/configmaps/default/c'))!.value)), /"plain"/);
  {
    await using api = await TestServer.start({ store, encryption: await choose('two', 'one') });
    const secret = await api.get(`${secrets}/s`);
    assert.equal(secret.data['password'] as unknown, Buffer.from('hunter3').toString('base64'));
    const replaced = await api.update(`${secrets}/s`, secret);
    assert.match(await stored(), /^k8s:enc:aesgcm:v1:two:/);
    const again = await api.update(`${secrets}/s`, replaced);
    assert.equal(again.metadata.resourceVersion, replaced.metadata.resourceVersion);
  }
  await assert.rejects(TestServer.start({ store, encryption: await choose('one') }), /cannot decrypt \/registry\/core\/secrets\/default\/s: no matching key was found.*does the encryption configuration still have the key/);
});

/** A key service that keeps its keys in memory, and counts how often it is asked. */
class FakeKms implements KmsService {
  keyId = 'k1';
  healthz = 'ok';
  away = false;
  readonly asked: string[] = [];

  #ask(what: string): void {
    this.asked.push(what);
    if (this.away) throw new Error('connection refused');
  }

  async status(): Promise<{ version: string; healthz: string; keyId: string }> {
    this.#ask('status');
    return { version: 'v2', healthz: this.healthz, keyId: this.keyId };
  }

  async encrypt(_uid: string, plaintext: Uint8Array): Promise<{ ciphertext: Uint8Array; keyId: string; annotations: Record<string, Uint8Array> }> {
    this.#ask('encrypt');
    return { ciphertext: plaintext.map((byte) => byte ^ 0x5a), keyId: this.keyId, annotations: { 'test.example.com': Buffer.from('x') } };
  }

  async decrypt(_uid: string, request: { ciphertext: Uint8Array; keyId: string; annotations: Readonly<Record<string, Uint8Array>> }): Promise<Uint8Array> {
    this.#ask(`decrypt ${request.keyId} ${Object.keys(request.annotations).join(',')}`);
    return Uint8Array.from(request.ciphertext, (byte) => byte ^ 0x5a);
  }

  close(): void {}
}

test('a key service is asked for a seed once, and again when its key changes or a start has another', async () => {
  const clock = new VirtualClock();
  const service = new FakeKms();
  const options = { name: 'k', service, clock, random: new SeededRandom(1), logger: silentLogger };
  const plain = new Uint8Array(randomBytes(200));
  using provider = await KmsProvider.start(options);
  const sealed = provider.seal(plain, '/a');
  assert.match(text(sealed), /^k8s:enc:kms:v2:k:/);
  assert.deepEqual(await provider.open(sealed, '/a'), { plain, sealedBy: 'k8s:enc:kms:v2:k:k1' });
  assert.ok(!(provider.open(sealed, '/a') instanceof Promise));
  assert.throws(() => provider.open(sealed, '/b'));
  assert.deepEqual(service.asked, ['status', 'encrypt']);

  using restarted = await KmsProvider.start(options);
  assert.deepEqual(await Promise.all([restarted.open(sealed, '/a'), restarted.open(sealed, '/a')]), Array.from({ length: 2 }, () => ({ plain, sealedBy: 'k8s:enc:kms:v2:k:k1' })));
  assert.deepEqual(service.asked.slice(2), ['status', 'encrypt', 'decrypt k1 test.example.com']);

  service.keyId = 'k2';
  await clock.advance(60_000);
  assert.equal(provider.current, 'k8s:enc:kms:v2:k:k2');
  assert.deepEqual(await provider.open(sealed, '/a'), { plain, sealedBy: 'k8s:enc:kms:v2:k:k1' });

  service.away = true;
  await clock.advance(60_000);
  assert.throws(() => provider.checkHealth(), /connection refused/);
  assert.ok(provider.seal(plain, '/a').length > 0);
  await clock.advance(180_000);
  assert.throws(() => provider.seal(plain, '/a'), /KMS plugin k has not answered for too long: connection refused/);
  service.away = false;
  await clock.advance(10_000);
  provider.checkHealth();
  assert.ok(provider.seal(plain, '/a').length > 0);
});

test('a plugin behind a socket, as KMS v2 speaks to it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kms-'));
  const plugin = new FakeKms();
  const server = new Server();
  const answer = <T extends object>(handle: (request: never) => Promise<T>) => (call: { request: unknown }, callback: (error: Error | null, response?: T) => void): void => {
    handle(call.request as never).then((response) => callback(null, response), (error: Error) => callback(error));
  };
  server.addService(kmsServiceDefinition, {
    Status: answer(() => plugin.status()),
    Encrypt: answer(({ uid, plaintext }: { uid: string; plaintext: Uint8Array }) => plugin.encrypt(uid, plaintext)),
    Decrypt: answer(async (request: { uid: string; ciphertext: Uint8Array; keyId: string; annotations: Record<string, Uint8Array> }) => ({ plaintext: await plugin.decrypt(request.uid, request) })),
  });
  const endpoint = `unix://${join(folder, 'kms.sock')}`;
  await new Promise<void>((resolve, reject) => server.bindAsync(endpoint, ServerCredentials.createInsecure(), (error) => (error === null ? resolve() : reject(error))));
  try {
    const real = { clock: new RealClock(), random: new SeededRandom(1), logger: silentLogger };
    const encryption = await openEncryption([{ resources: ['secrets'], providers: [{ kind: 'kms', name: 'k', endpoint, timeoutMs: 3000 }] }], real);
    const store = lastingStore();
    const secrets = '/api/v1/namespaces/default/secrets';
    {
      await using api = await TestServer.start({ ...real, store, encryption });
      await api.create(secrets, { metadata: { name: 's' }, stringData: { a: 'b' } });
      assert.equal(await api.get('/readyz/kms-provider-0'), 'ok');
    }
    assert.match(text(bytesOf((await store.get('/registry/core/secrets/default/s'))!.value)), /^k8s:enc:kms:v2:k:/);
    await using api = await TestServer.start({ ...real, store, encryption: await openEncryption([{ resources: ['*.*'], providers: [{ kind: 'kms', name: 'k', endpoint, timeoutMs: 3000 }, { kind: 'identity' }] }], real) });
    assert.equal((await api.get(`${secrets}/s`)).data['a'] as unknown, 'Yg==');
    const service = connectKms(`unix://${join(folder, 'none.sock')}`, { timeoutMs: 200, clock: real.clock });
    await assert.rejects(service.status());
    service.close();
  } finally {
    server.forceShutdown();
    await rm(folder, { recursive: true });
  }
});
