import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../../../base/logger.ts';
import { SeededRandom } from '../../../base/random.ts';
import { VirtualClock } from '../../../base/virtual-clock.ts';
import type { LoopbackAnswer } from '../../testing/loopback-server.ts';
import { LoopbackServer } from '../../testing/loopback-server.ts';
import type { Attributes, Decision } from '../authorizer.ts';
import { FakeReader } from '../fake-reader.ts';
import { createAuthorization } from '../registry.ts';
import type { AuthorizationWebhookSettings } from './webhook.ts';
import { WebhookAuthorizer } from './webhook.ts';

const user = { name: 'bob', uid: '7', groups: ['dev'], extra: { k: ['v'] } };
const getPod = (name = 'p'): Attributes => ({ isResourceRequest: true, user, verb: 'get', apiGroup: '', apiVersion: 'v1', resource: 'pods', subresource: '', namespace: 'ns', name });
const status = (more: object): LoopbackAnswer => ({ body: { kind: 'SubjectAccessReview', status: more } });

async function world(answer: (spec: { resourceAttributes?: { name?: string } }) => LoopbackAnswer, settings: Partial<AuthorizationWebhookSettings> = {}) {
  const server = await LoopbackServer.start(({ body }) => answer((body as { spec: object }).spec));
  const clock = new VirtualClock();
  const full: AuthorizationWebhookSettings = { connection: { server: server.url, ca: server.ca }, version: 'v1', authorizedTtlMs: 300_000, unauthorizedTtlMs: 30_000, timeoutMs: 3000, failurePolicy: 'NoOpinion', ...settings };
  const parts = { clock, random: new SeededRandom(1), logger: silentLogger };
  const webhook = new WebhookAuthorizer('w', full, parts);
  const ask = async (attributes: Attributes): Promise<Decision> => {
    let done = false;
    const asked = Promise.resolve(webhook.authorize(attributes)).finally(() => (done = true));
    // The network takes real time, the pauses between attempts take virtual time.
    for (let turns = 0; !done; turns++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (turns > 200) await clock.advance(100);
    }
    return asked;
  };
  return { server, clock, webhook, ask, full, parts, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

test('a service is asked in the words of a SubjectAccessReview', async () => {
  await using it = await world(() => status({ allowed: true, reason: 'because' }));
  const selectors = { fields: [{ field: 'spec.nodeName', operator: '=' as const, value: 'n' }, { field: 'a', operator: '!=' as const, value: 'b' }], labels: [{ key: 'app', operator: 'in' as const, values: ['x', 'y'] }, { key: 'gone', operator: '!' as const, values: [] }, { key: 'n', operator: 'gt' as const, values: ['1'] }] };
  assert.deepEqual(await it.ask({ ...getPod(), isResourceRequest: true, verb: 'list', name: '', selectors } as Attributes), { verdict: 'allow', reason: 'because' });
  assert.deepEqual(await it.ask({ isResourceRequest: false, user: { name: 'u', groups: [] }, verb: 'get', path: '/metrics' }), { verdict: 'allow', reason: 'because' });
  const head = { kind: 'SubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', metadata: {} };
  assert.deepEqual(it.server.requests.map(({ body }) => body), [
    {
      ...head,
      spec: {
        user: 'bob', groups: ['dev'], uid: '7', extra: { k: ['v'] },
        resourceAttributes: {
          namespace: 'ns', verb: 'list', version: 'v1', resource: 'pods',
          fieldSelector: { requirements: [{ key: 'spec.nodeName', operator: 'In', values: ['n'] }, { key: 'a', operator: 'NotIn', values: ['b'] }] },
          labelSelector: { requirements: [{ key: 'app', operator: 'In', values: ['x', 'y'] }, { key: 'gone', operator: 'DoesNotExist' }] },
        },
      },
    },
    { ...head, spec: { user: 'u', groups: [], nonResourceAttributes: { path: '/metrics', verb: 'get' } } },
  ]);
});

test('the older version calls groups "group"', async () => {
  await using it = await world(() => status({ allowed: false }), { version: 'v1beta1' });
  assert.deepEqual(await it.ask(getPod()), { verdict: 'no-opinion', reason: '' });
  const { apiVersion, spec } = it.server.requests[0]!.body as { apiVersion: string; spec: Record<string, unknown> };
  assert.deepEqual([apiVersion, spec.group, spec.groups], ['authorization.k8s.io/v1beta1', ['dev'], undefined]);
});

test('verdicts are remembered, each as long as it may be; long questions are not', async () => {
  await using it = await world(({ resourceAttributes }) => status({ allowed: resourceAttributes?.name?.startsWith('yes') === true, denied: resourceAttributes?.name === 'deny' }));
  const long = `yes${'x'.repeat(10_000)}`;
  const verdicts = async (): Promise<string[]> => Promise.all(['yes', 'no', 'deny', long].map(async (name) => (await it.ask(getPod(name))).verdict));
  assert.deepEqual(await verdicts(), ['allow', 'no-opinion', 'deny', 'allow']);
  assert.equal(it.webhook.authorize(getPod('yes')) instanceof Promise, false);
  await verdicts();
  assert.equal(it.server.requests.length, 5, 'only the long one is asked again');
  await it.clock.advance(31_000);
  await verdicts();
  assert.equal(it.server.requests.length, 8);
  await it.clock.advance(300_000);
  await verdicts();
  assert.equal(it.server.requests.length, 12);
});

test('a service that cannot be asked: no opinion, or denied, with the error told', async () => {
  for (const [failurePolicy, verdict] of [['NoOpinion', 'no-opinion'], ['Deny', 'deny']] as const) {
    await using it = await world(() => ({ code: 503, body: 'down' }), { failurePolicy });
    const decision = await it.ask(getPod());
    assert.deepEqual([decision.verdict, decision.reason], [verdict, '']);
    assert.match(decision.error ?? '', /down/);
  }
  await using both = await world(() => status({ allowed: true, denied: true, reason: 'r' }));
  assert.deepEqual(await both.ask(getPod()), { verdict: 'deny', reason: 'r', error: 'webhook subject access review returned both allow and deny response' });
});

test('it stands in a chain, and cannot list its rules', async () => {
  await using it = await world(({ resourceAttributes }) => status(resourceAttributes?.name === 'p' ? { allowed: true } : { allowed: false, reason: 'not so' }));
  const { authorizer, rulesFor } = createAuthorization({ reader: new FakeReader(), parts: it.parts, authorizers: [{ type: 'Webhook', name: 'w', webhook: it.full }, { type: 'AlwaysDeny', name: 'd' }] });
  assert.deepEqual(await authorizer.authorize(getPod()), { verdict: 'allow', reason: '' });
  assert.deepEqual(await authorizer.authorize(getPod('q')), { verdict: 'no-opinion', reason: 'not so\nEverything is forbidden.' });
  assert.deepEqual(rulesFor(user, 'ns'), { rules: [], errors: ['webhook authorizer does not support user rule resolution'], incomplete: true });
});
