import assert from 'node:assert/strict';
import { it } from 'node:test';
import { configmaps, leases, namespaces } from '../../src/api/resources.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { SeededRandom } from '../../src/base/random.ts';
import { runLeaderElection } from '../../src/client/leader-election/leader-election.ts';
import { createLocalClient } from '../../src/client/transports/local.ts';
import { startControllerManager } from '../../src/controllers/manager.ts';
import { TestServer } from '../../src/apiserver/testing/server.ts';

interface Candidate {
  readonly identity: string;
  /** Ended: it lost the lease, or gave it back. */
  readonly ended: Promise<void>;
  /** What it has to do with the API from now on fails. */
  cutOff(): void;
  stop(): void;
}

/** A controller manager that runs its controllers while it holds the lease, as `coxswain controller-manager` does. */
function candidate(api: TestServer, identity: string, started: string[]): Candidate {
  const { clock } = api;
  const random = new SeededRandom(identity.length);
  const stop = new AbortController();
  let isCutOff = false;
  const endpoint = { ...api.server.local, request: (request: Parameters<typeof api.server.local.request>[0]) => (isCutOff ? Promise.reject(new Error('connection refused')) : api.server.local.request(request)), watch: api.server.local.watch.bind(api.server.local) };
  const client = createLocalClient(endpoint as typeof api.server.local, { user: { name: 'system:kube-controller-manager', groups: ['system:authenticated'] }, userAgent: 'kube-controller-manager', clock });
  const common = { client, clock, random, logger: silentLogger };
  const ended = runLeaderElection({
    ...common, namespace: 'kube-system', name: 'kube-controller-manager', identity, signal: stop.signal,
    lead: async (signal) => {
      started.push(identity);
      await startControllerManager({ ...common, clientFor: () => client, controllers: ['root-ca-certificate-publisher-controller'], settings: { rootCa: identity }, signal });
      await new Promise<void>((resolve) => { signal.addEventListener('abort', () => resolve(), { once: true }); });
    },
  });
  ended.catch(() => {});
  return { identity, ended, cutOff: () => { isCutOff = true; }, stop: () => stop.abort(new Error('stopped')) };
}

const holder = async (api: TestServer): Promise<string | undefined> => (await createLocalClient(api.server.local, { user: { name: 'admin', groups: ['system:masters'] }, userAgent: 'test', clock: api.clock }).get(leases, { namespace: 'kube-system', name: 'kube-controller-manager' })).spec?.holderIdentity;

it('of two managers one leads and the other does nothing; it takes over when the first is gone, and the first one ends', async () => {
  await using api = await TestServer.start();
  const { clock } = api;
  const admin = createLocalClient(api.server.local, { user: { name: 'admin', groups: ['system:masters'] }, userAgent: 'test', clock });
  const publishedBy = async (namespace: string): Promise<string | undefined> => (await admin.get(configmaps, { namespace, name: 'kube-root-ca.crt' })).data?.['ca.crt'];
  const started: string[] = [];
  const [first, second] = [candidate(api, 'one', started), candidate(api, 'second', started)];
  await clock.advance(60_000);
  assert.equal(started.length, 1);
  const [leader, other] = started[0] === 'one' ? [first, second] : [second, first];
  assert.equal(await holder(api), leader.identity);
  await admin.create(namespaces, { metadata: { name: 'a' } });
  await clock.advance(1000);
  assert.equal(await publishedBy('a'), leader.identity);

  leader.cutOff();
  await clock.advance(60_000);
  assert.deepEqual(started, [leader.identity, other.identity]);
  assert.equal(await holder(api), other.identity);
  await leader.ended;
  await admin.create(namespaces, { metadata: { name: 'b' } });
  await clock.advance(1000);
  assert.equal(await publishedBy('b'), other.identity);
  // What the first one wrote, the second one puts right: it is the one that counts now.
  assert.equal(await publishedBy('a'), other.identity);
  other.stop();
  await clock.advance(10);
  await other.ended;
  assert.equal(await holder(api), '');
});
