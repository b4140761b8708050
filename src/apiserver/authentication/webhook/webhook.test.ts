import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Logger } from '../../../base/logger.ts';
import { silentLogger } from '../../../base/logger.ts';
import { SeededRandom } from '../../../base/random.ts';
import type { RealClock } from '../../../base/real-clock.ts';
import { VirtualClock } from '../../../base/virtual-clock.ts';
import type { LoopbackAnswer } from '../../testing/loopback-server.ts';
import { loopbackClient, LoopbackServer } from '../../testing/loopback-server.ts';
import { bearerCredentials } from '../token-authenticator.ts';
import { WebhookTokenAuthenticator } from './webhook.ts';

const own = ['https://own'];
const status = (more: object): LoopbackAnswer => ({ code: 201, body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', status: more } });

async function world(answer: (token: string) => LoopbackAnswer, options: { version?: 'v1' | 'v1beta1'; clock?: RealClock | VirtualClock } = {}) {
  const server = await LoopbackServer.start(({ body }) => answer((body as { spec: { token: string } }).spec.token));
  const me = await loopbackClient('api-server');
  const clock = options.clock ?? new VirtualClock();
  const logged: string[] = [];
  const logger: Logger = { ...silentLogger, error: (message, fields) => logged.push(`${message} ${JSON.stringify(fields)}`) };
  const webhook = new WebhookTokenAuthenticator({
    connection: { server: `${server.url}/review/tokens`, ca: server.ca, clientCertificate: me.certificate, clientKey: me.key },
    version: options.version ?? 'v1', cacheTtlMs: 60_000, audiences: own, clock, random: new SeededRandom(1), logger,
  });
  return { server, webhook, clock, logged, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

test('a service says who a token is; its word is remembered for a while', async () => {
  await using it = await world((token) => status(token === 'good' ? { authenticated: true, user: { username: 'alice', uid: '7', groups: ['dev'], extra: { 'acme.com/x': ['y'] } } } : { authenticated: false }));
  const { webhook, server } = it;
  const alice = { name: 'alice', uid: '7', groups: ['dev', 'system:authenticated'], extra: { 'acme.com/x': ['y'] } };
  const [first, second] = await Promise.all([webhook.authenticate(bearerCredentials('good')), webhook.authenticate(bearerCredentials('good'))]);
  assert.deepEqual([first, second], [alice, alice]);
  assert.deepEqual(webhook.authenticate(bearerCredentials('good')), alice, 'without waiting');
  assert.equal(await webhook.authenticate(bearerCredentials('bad')), undefined);
  assert.equal(webhook.authenticate(bearerCredentials('bad')), undefined);
  assert.equal(server.requests.length, 2);
  const { path, clientName, body } = server.requests[0]!;
  assert.deepEqual({ path, clientName, body }, { path: '/review/tokens', clientName: 'api-server', body: { kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1', metadata: {}, spec: { token: 'good', audiences: own } } });
});

test('verdicts are forgotten when their time is over', async () => {
  const clock = new VirtualClock();
  await using it = await world(() => status({ authenticated: true, user: { username: 'alice' } }), { clock });
  await it.webhook.authenticate(bearerCredentials('t'));
  await clock.advance(59_000);
  await it.webhook.authenticate(bearerCredentials('t'));
  assert.equal(it.server.requests.length, 1);
  await clock.advance(2000);
  await it.webhook.authenticate(bearerCredentials('t'));
  assert.equal(it.server.requests.length, 2);
});

test('audiences: what the service says, else the server\'s own', async () => {
  await using it = await world((token) => status({ authenticated: true, user: { username: 'a' }, ...(token === 'aware' && { audiences: ['vault', 'db'] }) }), { version: 'v1beta1' });
  const judge = async (token: string, audiences: readonly string[]) => {
    const verdict = await it.webhook.authenticateToken(token, audiences);
    return verdict.kind === 'accepted' ? verdict.audiences : verdict.kind;
  };
  assert.deepEqual(await judge('aware', ['vault', 'other']), ['vault']);
  assert.deepEqual(await judge('aware', own), 'unknown');
  assert.deepEqual(await judge('plain', own), own);
  assert.deepEqual(await judge('plain', ['vault']), 'unknown');
  assert.equal((it.server.requests[0]!.body as { apiVersion: string }).apiVersion, 'authentication.k8s.io/v1beta1');
});

test('a service that fails is asked again, and what it said is told; the token is never in a log', async () => {
  const clock = new VirtualClock();
  const failures: LoopbackAnswer[] = ['hang up', { code: 500, body: 'oops' }, { code: 429, body: 'later' }];
  await using it = await world((token) => (token === 'flaky' ? failures.shift() ?? status({ authenticated: true, user: { username: 'alice' } }) : token === 'strange' ? { body: { kind: 'Pod' } } : token === 'told' ? status({ error: 'expired yesterday' }) : { code: 500, body: 'down' }), { clock });
  const settle = async (token: string): Promise<unknown> => {
    let done = false;
    const asked = Promise.resolve(it.webhook.authenticateToken(token, own)).finally(() => (done = true));
    // The network takes real time, the pauses between attempts take virtual time.
    while (!done) {
      await new Promise((resolve) => setImmediate(resolve));
      await clock.advance(100);
    }
    const verdict = await asked;
    return verdict.kind === 'refused' ? verdict.error : verdict.kind;
  };
  assert.equal(await settle('flaky'), 'accepted');
  assert.equal(it.server.requests.length, 4);
  assert.equal(await settle('told'), 'expired yesterday');
  assert.equal(await settle('strange'), 'the webhook did not answer with a TokenReview');
  assert.match(String(await settle('s3cr3t')), /down/);
  assert.equal(it.server.requests.length, 11, 'five attempts');
  assert.match(String(await settle('s3cr3t')), /down/, 'and what failed is not remembered');
  assert.equal(it.logged.length, 3);
  assert.ok(!it.logged.join().includes('s3cr3t'));
});
