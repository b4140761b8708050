import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leases, nodes, pods } from '../../api/resources.ts';
import { TestServer } from '../../apiserver/testing/server.ts';
import { formatMicroTime } from '../../base/clock.ts';
import { silentLogger } from '../../base/logger.ts';
import { SeededRandom } from '../../base/random.ts';
import type { LocalRequest } from '../../client/transports/local-endpoint.ts';
import { createLocalClient } from '../../client/transports/local.ts';
import { readSchedulerConfiguration } from '../../scheduler/config/read.ts';
import { noFeatures } from '../../scheduler/config/settings.ts';
import { scheduleWhenLeading } from './scheduler.ts';

const configuration = (more: string): string => `apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n${more}`;

for (const [title, more, known] of [
  ['a scheduler that waits for its lease knows the cluster already', '', true],
  ['with delayCacheUntilActive it gets to know the cluster when it leads', 'delayCacheUntilActive: true\n', false],
] as const) test(title, async () => {
  await using api = await TestServer.start();
  const { clock } = api;
  const asked = new Set<string>();
  const { local } = api.server;
  const endpoint = { ...local, request: (request: LocalRequest) => { asked.add(request.path.split('?')[0]!); return local.request(request); }, watch: local.watch.bind(local) };
  const client = createLocalClient(endpoint as typeof local, { user: { name: 'admin', groups: ['system:masters'] }, userAgent: 'test', clock });
  await client.create(leases, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { namespace: 'kube-system', name: 'kube-scheduler' }, spec: { holderIdentity: 'another', leaseDurationSeconds: 15, acquireTime: formatMicroTime(clock.now()), renewTime: formatMicroTime(clock.now()), leaseTransitions: 0 } });
  asked.clear();
  await using undo = new AsyncDisposableStack();
  const leading = scheduleWhenLeading({
    connection: { server: 'https://unused' }, clock, random: new SeededRandom(1), logger: silentLogger, identity: 'me', leaderElect: true, features: noFeatures, onLost: () => {},
    progress: { doing: () => {}, ready: () => {}, done: () => {}, note: () => {} }, configuration: readSchedulerConfiguration(configuration(more)),
  }, client, undo);
  await clock.advance(5000);
  assert.equal(asked.has('/api/v1/nodes'), known);
  await client.create(nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'a' }, spec: {} });
  await client.patch(nodes, { name: 'a' }, { type: 'strategic', value: { status: { allocatable: { cpu: '1', memory: '1Gi', pods: '10' } } } }, { subresource: 'status' });
  await client.patch(nodes, { name: 'a' }, { type: 'merge', value: { spec: { taints: null } } });
  await client.create(pods, { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'default', name: 'p' }, spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'i' }] } });
  await clock.advance(5000);
  const placed = async (): Promise<string | undefined> => (await client.get(pods, { namespace: 'default', name: 'p' })).spec?.nodeName;
  assert.equal(await placed(), undefined, 'another leads');
  await clock.advance(30_000);
  await leading;
  assert.equal(await placed(), 'a');
  const end = undo.disposeAsync();
  await clock.settle();
  await end;
});
