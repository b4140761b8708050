import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FlowSchema, PriorityLevelConfiguration } from '../../api/types/flowcontrol/v1.ts';
import type { EndpointHandler } from '../request.ts';
import type { Shown } from '../testing/server.ts';
import { refusal, TestServer } from '../testing/server.ts';

const flowcontrol = '/apis/flowcontrol.apiserver.k8s.io/v1';
const schemas = `${flowcontrol}/flowschemas`;
const levels = `${flowcontrol}/prioritylevelconfigurations`;
const conditionOf = (schema: Shown): unknown => (schema as unknown as FlowSchema).status?.conditions?.map(({ type, status, reason, message }) => ({ type, status, reason, message }));

const jane = { name: 'jane', groups: ['system:authenticated'] };
const level = (name: string, limited: NonNullable<PriorityLevelConfiguration['spec']>['limited']): PriorityLevelConfiguration => ({ metadata: { name }, spec: { type: 'Limited', limited } } as PriorityLevelConfiguration);
const schemaFor = (user: string, priorityLevel: string): FlowSchema => ({
  metadata: { name: `for-${user}` },
  spec: {
    matchingPrecedence: 10, priorityLevelConfiguration: { name: priorityLevel }, distinguisherMethod: { type: 'ByUser' },
    rules: [{ subjects: [{ kind: 'User', user: { name: user } }], resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true }], nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }] }],
  },
});

/** SelfSubjectReviews that are answered when the test says so: requests that hold a seat. */
class SlowReviews implements EndpointHandler {
  readonly group = 'authentication.k8s.io';
  readonly version = 'v1';
  readonly resource = 'selfsubjectreviews';
  readonly subresource = '';
  readonly verbs = ['create'];
  readonly #open: (() => void)[] = [];

  handle(): ReturnType<EndpointHandler['handle']> {
    return new Promise((resolve) => this.#open.push(() => resolve({ kind: 'object', code: 201, object: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' } })));
  }

  get running(): number { return this.#open.length; }
  answer(count = this.#open.length): void { for (const one of this.#open.splice(0, count)) one(); }
}

const review = (server: TestServer, user = jane): Promise<unknown> => server.server.local.request({ method: 'POST', path: '/apis/authentication.k8s.io/v1/selfsubjectreviews', user, body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' } });

async function started(seats: number): Promise<{ readonly server: TestServer; readonly slow: SlowReviews; [Symbol.asyncDispose](): Promise<void> }> {
  const slow = new SlowReviews();
  const server = await TestServer.start({ flowControl: true, maxInFlight: { reading: seats, writing: 0 }, endpoints: [slow] });
  await server.clock.settle();
  return {
    server, slow,
    async [Symbol.asyncDispose]() {
      slow.answer();
      await server[Symbol.asyncDispose]();
    },
  };
}

describe('the shipped objects', () => {
  test('exist from the start and refer to levels that exist', async () => {
    await using server = await TestServer.start({ flowControl: true });
    await server.clock.settle();
    const found = await server.get(schemas);
    assert.deepEqual(found.items.map(({ metadata }) => metadata.name), ['catch-all', 'exempt', 'global-default', 'kube-controller-manager', 'kube-scheduler', 'kube-system-service-accounts', 'probes', 'service-accounts', 'system-leader-election', 'system-node-high', 'system-nodes']);
    for (const item of found.items) {
      const { name } = (item as unknown as FlowSchema).spec!.priorityLevelConfiguration;
      assert.deepEqual(conditionOf(item), [{ type: 'Dangling', status: 'False', reason: 'Found', message: `This FlowSchema references the PriorityLevelConfiguration object named "${name}" and it exists` }]);
    }
    assert.deepEqual((await server.get(levels)).items.map(({ metadata }) => metadata.name), ['catch-all', 'exempt', 'global-default', 'leader-election', 'node-high', 'system', 'workload-high', 'workload-low']);
  });

  test('come back when deleted, and to their specs unless the annotation says otherwise', async () => {
    await using server = await TestServer.start({ flowControl: true });
    await server.clock.settle();
    await server.delete(`${levels}/workload-low`);
    await server.patch(`${levels}/system`, { spec: { limited: { nominalConcurrencyShares: 77 } } });
    await server.patch(`${levels}/node-high`, { metadata: { annotations: { 'apf.kubernetes.io/autoupdate-spec': 'false' } }, spec: { limited: { nominalConcurrencyShares: 88 } } });
    await server.patch(`${levels}/workload-high`, { metadata: { annotations: { 'apf.kubernetes.io/autoupdate-spec': null } }, spec: { limited: { nominalConcurrencyShares: 99 } } });
    await server.patch(`${levels}/catch-all`, { metadata: { annotations: { 'apf.kubernetes.io/autoupdate-spec': 'false' } } });
    await server.create(schemas, { ...schemaFor('old', 'exempt'), metadata: { name: 'shipped-by-an-older-one', annotations: { 'apf.kubernetes.io/autoupdate-spec': 'true' } } });
    await server.clock.advance(60_000);
    await server.clock.settle();
    const shares = async (name: string): Promise<unknown> => ((await server.get(`${levels}/${name}`)) as unknown as PriorityLevelConfiguration).spec!.limited!.nominalConcurrencyShares;
    const annotation = async (name: string): Promise<unknown> => (await server.get(`${levels}/${name}`)).metadata.annotations?.['apf.kubernetes.io/autoupdate-spec'];
    assert.equal(await shares('workload-low'), 100);
    assert.equal(await shares('system'), 30);
    assert.deepEqual([await shares('node-high'), await annotation('node-high')], [88, 'false']);
    assert.deepEqual([await shares('workload-high'), await annotation('workload-high')], [99, 'false'], 'changed by hand, so it is the administrator\'s');
    assert.equal(await annotation('catch-all'), 'true');
    await assert.rejects(server.get(`${schemas}/shipped-by-an-older-one`), refusal('NotFound'));
  });
});

test('a flow schema whose level is missing says that it dangles, until the level comes', async () => {
  await using server = await TestServer.start({ flowControl: true });
  await server.create(schemas, schemaFor('jane', 'later'));
  await server.clock.settle();
  assert.deepEqual(conditionOf(await server.get(`${schemas}/for-jane`)), [{ type: 'Dangling', status: 'True', reason: 'NotFound', message: 'This FlowSchema references the PriorityLevelConfiguration object named "later" but there is no such object' }]);
  await server.create(levels, level('later', { nominalConcurrencyShares: 10, limitResponse: { type: 'Reject' } }));
  await server.clock.settle();
  assert.deepEqual(conditionOf(await server.get(`${schemas}/for-jane`)), [{ type: 'Dangling', status: 'False', reason: 'Found', message: 'This FlowSchema references the PriorityLevelConfiguration object named "later" and it exists' }]);
  await server.delete(`${levels}/later`);
  await server.clock.settle();
  assert.equal(((await server.get(`${schemas}/for-jane`)) as unknown as FlowSchema).status!.conditions![0]!.status, 'True');
});

describe('requests', () => {
  test('of a level that rejects are refused beyond its seats; others and exempt ones are not', async () => {
    await using bench = await started(100);
    const { server, slow } = bench;
    // Two of about a hundred seats, none of them lent or borrowed.
    await server.create(levels, level('narrow', { nominalConcurrencyShares: 4, lendablePercent: 0, borrowingLimitPercent: 0, limitResponse: { type: 'Reject' } }));
    await server.create(schemas, schemaFor('jane', 'narrow'));
    await server.clock.settle();
    const running = [review(server), review(server)];
    await server.clock.settle();
    assert.equal(slow.running, 2);
    await assert.rejects(review(server), refusal('TooManyRequests', 'Too many requests, please try again later.'));
    await assert.rejects(server.request('GET', '/version', undefined, { user: jane }), refusal('TooManyRequests'), 'what would be answered at once needs a seat too');
    running.push(review(server, { name: 'joe', groups: ['system:authenticated'] }), review(server, { name: 'admin', groups: ['system:masters'] }));
    await server.clock.settle();
    assert.equal(slow.running, 4);
    slow.answer();
    await Promise.all(running);
    assert.equal((await server.request('GET', '/version', undefined, { user: jane }) as unknown as { major: string }).major, '1');
  });

  test('of a level that queues wait for a seat, a quarter of their time at most', async () => {
    await using bench = await started(100);
    const { server, slow } = bench;
    await server.create(levels, level('narrow', { nominalConcurrencyShares: 4, lendablePercent: 0, borrowingLimitPercent: 0, limitResponse: { type: 'Queue', queuing: { queues: 1, handSize: 1, queueLengthLimit: 3 } } }));
    await server.create(schemas, schemaFor('jane', 'narrow'));
    await server.clock.settle();
    const outcome = (request: Promise<unknown>): Promise<string> => request.then(() => 'served', (error: unknown) => (error as Error).message);
    const outcomes = Array.from({ length: 6 }, () => outcome(review(server)));
    await server.clock.settle();
    assert.equal(slow.running, 2);
    assert.equal(await outcomes[5], 'Too many requests, please try again later.', 'three wait, the sixth is one too many');
    slow.answer(1);
    await server.clock.settle();
    assert.equal(slow.running, 2, 'the next one took the seat');
    await server.clock.advance(15_000);
    assert.equal(await outcomes[4], 'Too many requests, please try again later.', 'it waited for 15 of its 60 seconds');
    slow.answer();
    assert.deepEqual((await Promise.all(outcomes)).filter((one) => one === 'served').length, 3);
  });

  test('a level without seats serves nobody', async () => {
    await using bench = await started(100);
    const { server } = bench;
    await server.create(levels, level('none', { nominalConcurrencyShares: 0, lendablePercent: 0, borrowingLimitPercent: 0, limitResponse: { type: 'Queue', queuing: { queues: 1, handSize: 1, queueLengthLimit: 3 } } }));
    await server.create(schemas, schemaFor('jane', 'none'));
    await server.clock.settle();
    const asked = assert.rejects(server.request('GET', '/version', undefined, { user: jane }), refusal('TooManyRequests'));
    await server.clock.settle();
    await server.clock.advance(15_000);
    await asked;
  });

  test('seats that others do not need are borrowed, and go back', async () => {
    await using bench = await started(100);
    const { server, slow } = bench;
    await server.create(levels, level('busy', { nominalConcurrencyShares: 25, lendablePercent: 0, limitResponse: { type: 'Queue', queuing: { queues: 16, handSize: 4, queueLengthLimit: 50 } } }));
    await server.create(schemas, schemaFor('jane', 'busy'));
    await server.clock.settle();
    const all = Array.from({ length: 60 }, () => review(server).catch(() => {}));
    await server.clock.settle();
    const before = slow.running;
    await server.clock.advance(10_000);
    assert.ok(before < 30, `at first ${before}`);
    assert.ok(slow.running > before + 20, `${slow.running} after borrowing`);
    slow.answer();
    await server.clock.settle();
    slow.answer();
    await Promise.all(all);
  });

  test('a server that rests has no timers of flow control', async () => {
    await using bench = await started(100);
    const { server, slow } = bench;
    const resting = server.clock.nextTimerMs;
    const request = review(server);
    await server.clock.settle();
    slow.answer();
    await request;
    await server.clock.advance(61_000);
    const left = server.clock.nextTimerMs;
    assert.ok(left === undefined || resting === undefined || left >= resting, 'only what was there before');
  });
});

test('how many requests are in flight and how full levels are shows when it is scraped', async () => {
  await using here = await started(24);
  const { server, slow } = here;
  await server.clock.advance(2500);
  const asked = Array.from({ length: 4 }, () => review(server));
  await server.clock.settle();
  await server.clock.advance(500);
  const text = await server.server.metrics.render();
  assert.ok(slow.running > 0 && slow.running < 4, String(slow.running));
  assert.ok(text.includes(`\napiserver_current_inflight_requests{request_kind="mutating"} ${slow.running}\n`));
  assert.match(text, /^apiserver_current_inflight_requests\{request_kind="readOnly"\} 0$/m);
  assert.ok(text.includes(`\napiserver_current_inqueue_requests{request_kind="mutating"} ${4 - slow.running}\n`));
  const waited = /^apiserver_flowcontrol_read_vs_write_current_requests_sum\{phase="executing",request_kind="mutating"\} (.*)$/m.exec(text);
  assert.ok(Number(waited?.[1]) >= (slow.running / 24) * 0.5e9, waited?.[1]);
  const seats = [...text.matchAll(/^apiserver_flowcontrol_priority_level_seat_utilization_sum\{phase="executing",priority_level="(.*)"\} (.*)$/gm)].filter(([, , sum]) => Number(sum) > 0);
  assert.deepEqual(seats.map(([, name]) => name), ['global-default']);
  assert.match(text, /^apiserver_flowcontrol_priority_level_request_utilization_count\{phase="waiting",priority_level="global-default"\} 3000000000$/m);
  while (slow.running > 0) {
    slow.answer();
    await server.clock.settle();
  }
  await Promise.allSettled(asked);
  await server.clock.advance(3000);
  assert.match(await server.server.metrics.render(), /^apiserver_current_inflight_requests\{request_kind="mutating"\} 0$/m);
});
