import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { test } from 'node:test';
import { SignJWT } from 'jose';
import type { Logger } from '../../../base/logger.ts';
import { silentLogger } from '../../../base/logger.ts';
import { RealClock } from '../../../base/real-clock.ts';
import { VirtualClock } from '../../../base/virtual-clock.ts';
import type { LoopbackAnswer } from '../../testing/loopback-server.ts';
import { LoopbackServer } from '../../testing/loopback-server.ts';
import { authenticationEndpoints } from '../reviews.ts';
import type { RequestContext } from '../../request.ts';
import type { JwtIssuer } from './configuration.ts';
import { OidcIssuers } from './issuers.ts';
import { OidcAuthenticator } from './oidc.ts';

const own = ['https://kubernetes.default.svc'];

interface Key { readonly kid: string; readonly alg: string; readonly privateKey: KeyObject; readonly jwk: object }
function makeKey(kid: string, alg: 'RS256' | 'PS384' | 'ES256'): Key {
  const { privateKey, publicKey } = alg === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { kid, alg, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig' } };
}
const first = makeKey('first', 'RS256');
const second = makeKey('second', 'ES256');

/** An issuer on loopback whose documents a test may change, and an authenticator that believes it. */
class World implements AsyncDisposable {
  readonly clock = new VirtualClock(new RealClock().now());
  keys: object[] = [first.jwk];
  discovery: (url: string) => LoopbackAnswer = (url) => ({ body: { issuer: url, jwks_uri: `${url}/keys` } });
  readonly server: LoopbackServer;
  readonly logged: string[] = [];
  readonly #undo = new AsyncDisposableStack();

  private constructor(server: LoopbackServer) {
    this.server = server;
  }

  static async start(): Promise<World> {
    const server = await LoopbackServer.start(({ path }) => (path === '/.well-known/openid-configuration' || path === '/elsewhere' ? world.discovery(server.url) : path === '/keys' ? { headers: { 'cache-control': 'max-age=600' }, body: { keys: world.keys } } : { code: 404 }));
    const world = new World(server);
    return world;
  }

  issuer(change: Partial<JwtIssuer> = {}): JwtIssuer {
    return { url: this.server.url, certificateAuthority: this.server.ca, audiences: ['app'], username: { claim: 'sub', prefix: '' }, groups: { claim: 'groups', prefix: 'oidc:' }, requiredClaims: {}, ...change };
  }

  authenticator(change: Partial<JwtIssuer> = {}, algorithms?: readonly string[]): OidcAuthenticator {
    const logger: Logger = { ...silentLogger, error: (message, fields) => this.logged.push(`${message} ${JSON.stringify(fields)}`), named: () => logger };
    return this.#undo.use(new OidcAuthenticator({ issuer: this.issuer(change), audiences: own, clock: this.clock, logger, ...(algorithms !== undefined && { algorithms }) }));
  }

  token(claims: object = {}, key = first): Promise<string> {
    const nowSeconds = Math.floor(this.clock.now() / 1000);
    return new SignJWT({ iss: this.server.url, aud: 'app', sub: 'alice', exp: nowSeconds + 3600, iat: nowSeconds, ...claims }).setProtectedHeader({ alg: key.alg, kid: key.kid }).sign(key.privateKey);
  }

  fetches(): number {
    return this.server.requests.filter(({ path }) => path === '/keys').length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#undo.disposeAsync();
    await this.server[Symbol.asyncDispose]();
  }
}

async function judge(authenticator: OidcAuthenticator, token: string, audiences: readonly string[] = own): Promise<unknown> {
  const verdict = await authenticator.authenticateToken(token, audiences);
  return verdict.kind === 'accepted' ? verdict.user : verdict.kind === 'refused' ? verdict.error : verdict.kind;
}

test('an ID token is a user, in the groups of its claims', async () => {
  await using world = await World.start();
  const oidc = world.authenticator({ uidClaim: 'oid', username: { claim: 'email', prefix: 'oidc:' }, requiredClaims: { hd: 'example.com' } });
  await oidc.start();
  const token = await world.token({ email: 'alice@example.com', email_verified: true, groups: ['dev', 'ops'], oid: 'u-1', hd: 'example.com', jti: 'j-1' });
  const alice = { name: 'oidc:alice@example.com', uid: 'u-1', groups: ['oidc:dev', 'oidc:ops', 'system:authenticated'], extra: { 'authentication.kubernetes.io/credential-id': ['JTI=j-1'] } };
  assert.deepEqual(await judge(oidc, token), alice);
  assert.equal(oidc.authenticateToken(token, own) instanceof Promise, false, 'for a while there is nothing to wait for');
  assert.deepEqual(await judge(oidc, token, [...own, 'vault']), alice);
  assert.equal(await judge(oidc, token, ['vault']), 'unknown', 'it stands for nobody at another service');
  await world.clock.advance(3601_000);
  assert.match(String(await judge(oidc, token)), /^oidc: verify token: oidc: token is expired \(Token Expiry: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC\)$/);
});

test('tokens are refused in upstream\'s words', async () => {
  await using world = await World.start();
  world.keys = [first.jwk, second.jwk];
  const oidc = world.authenticator({ audiences: ['app'], requiredClaims: { hd: 'example.com' } }, ['RS256']);
  const email = world.authenticator({ username: { claim: 'email', prefix: '' } });
  const many = world.authenticator({ audiences: ['b', 'a'], uidClaim: 'oid' });
  for (const one of [oidc, email, many]) await one.start();
  const stranger = makeKey('first', 'RS256');
  const nowSeconds = Math.floor(world.clock.now() / 1000);
  const cases: readonly [OidcAuthenticator, string, string | RegExp][] = [
    [oidc, await world.token({ hd: 'example.com' }, second), 'oidc: verify token: oidc: id token signed with unsupported algorithm, expected ["RS256"] got "ES256"'],
    [oidc, await world.token({ hd: 'example.com' }, stranger), 'oidc: verify token: failed to verify signature: failed to verify id token signature'],
    [oidc, await world.token({ hd: 'example.com' }, { ...first, alg: 'PS256' }), 'oidc: verify token: oidc: id token signed with unsupported algorithm, expected ["RS256"] got "PS256"'],
    [oidc, await world.token({ aud: ['x', 'y'] }), 'oidc: verify token: oidc: expected audience "app" got ["x" "y"]'],
    [many, await world.token(), 'oidc: verify token: oidc: expected audience in ["a" "b"] got ["app"]'],
    [oidc, await world.token({ nbf: nowSeconds + 3000 }), /^oidc: verify token: oidc: current time .* before the nbf \(not before\) time: /],
    [oidc, await world.token({ nbf: 1e300 }), /before the nbf/],
    [oidc, await world.token(), 'oidc: required claim hd not present in ID token'],
    [oidc, await world.token({ hd: 1 }), 'oidc: parse claim hd: json: cannot unmarshal number into Go value of type string'],
    [oidc, await world.token({ hd: 'evil.com' }), 'oidc: required claim hd value does not match. Got = evil.com, want = example.com'],
    [oidc, await world.token({ hd: 'example.com', groups: [1] }), 'oidc: parse groups claim "groups": json: cannot unmarshal array into Go value of type string'],
    [oidc, await world.token({ hd: 'example.com', _claim_names: { groups: 'src1' }, _claim_sources: {} }), 'oidc: could not expand distributed claims: not supported: distributed claims ("groups" is one)'],
    [oidc, await world.token({ sub: undefined }), 'oidc: parse username claims "sub": claim not present'],
    [email, await world.token({ email: 'a@b', email_verified: false }), 'oidc: email not verified'],
    [email, await world.token({ email: 'a@b', email_verified: 'yes' }), "oidc: parse 'email_verified' claim: json: cannot unmarshal string into Go value of type bool"],
    [many, await world.token({ aud: 'a' }), 'oidc: parse uid claim "oid": claim not present'],
    [oidc, await world.token({ iss: 'https://else' }), 'unknown'],
    [oidc, 'rubbish', 'unknown'],
    [oidc, `${'x'.repeat(70_000)}.a.b`, 'unknown'],
  ];
  for (const [authenticator, token, expected] of cases) {
    const verdict = await judge(authenticator, token);
    if (typeof expected === 'string') assert.equal(verdict, expected);
    else assert.match(String(verdict), expected);
  }
  assert.deepEqual(((await judge(email, await world.token({ email: 'a@b', groups: 'one' }))) as { groups: string[] }).groups, ['oidc:one', 'system:authenticated']);
  const none = `${Buffer.from('{"alg":"none","kid":"first"}').toString('base64url')}.${(await world.token({ hd: 'example.com' })).split('.')[1]}.AAAA`;
  assert.match(String(await judge(oidc, none)), /unsupported algorithm/);
});

test('keys are fetched in the background, before they are old and when a token names one that is not known', async () => {
  await using world = await World.start();
  const answer = world.discovery;
  world.discovery = () => ({ code: 503 });
  const oidc = world.authenticator();
  const token = await world.token();
  await oidc.start();
  assert.equal(await judge(oidc, token), 'oidc: authenticator not initialized');
  assert.match(world.logged[0]!, /the keys of an issuer could not be fetched .*status 503/);
  world.discovery = (url) => ({ body: { issuer: `${url}/other`, jwks_uri: `${url}/keys` } });
  await world.clock.advance(10_000);
  await oidc.start();
  assert.match(world.logged[1]!, /issuer did not match the issuer returned by provider/);
  world.discovery = answer;
  await world.clock.advance(10_000);
  await oidc.start();
  assert.equal((await judge(oidc, token) as { name: string }).name, 'alice');
  assert.equal(world.fetches(), 1);
  world.keys = [first.jwk, second.jwk];
  const rotated = await world.token({}, second);
  assert.match(String(await judge(oidc, rotated)), /failed to verify signature/, 'just fetched');
  await world.clock.advance(10_000);
  assert.equal((await judge(oidc, rotated) as { name: string }).name, 'alice');
  assert.equal(world.fetches(), 2);
  world.keys = [second.jwk];
  await world.clock.advance(600_000);
  await oidc.start();
  assert.match(String(await judge(oidc, token)), /failed to verify signature/, 'a key that was taken back is not believed any more');
  world.discovery = () => 'hang up';
  await world.clock.advance(600_000);
  await oidc.start();
  assert.equal((await judge(oidc, rotated) as { name: string }).name, 'alice', 'old keys stay while new ones cannot be had');
});

test('the discovery document may be elsewhere; a stranger\'s certificate is not believed', async () => {
  await using world = await World.start();
  const elsewhere = world.authenticator({ url: 'https://issuer.example.com', discoveryUrl: `${world.server.url}/elsewhere` });
  world.discovery = (url) => ({ body: { issuer: 'https://issuer.example.com', jwks_uri: `${url}/keys` } });
  await elsewhere.start();
  assert.equal((await judge(elsewhere, await world.token({ iss: 'https://issuer.example.com' })) as { name: string }).name, 'alice');
  const { certificateAuthority: _, ...untrusting } = world.issuer();
  const strict = new OidcAuthenticator({ issuer: untrusting, audiences: own, clock: world.clock, logger: silentLogger });
  await strict.start();
  assert.equal(await judge(strict, await world.token()), 'oidc: authenticator not initialized');
  strict[Symbol.dispose]();
});

test('a TokenReview asks the issuer too', async () => {
  await using world = await World.start();
  const oidc = world.authenticator();
  await oidc.start();
  const [reviews] = authenticationEndpoints({ authenticators: [oidc], audiences: own, clock: world.clock });
  const review = async (token: string): Promise<unknown> => {
    const response = await reviews!.handle({ body: () => Promise.resolve({ spec: { token } }) } as RequestContext);
    return response.kind === 'object' && (response.object as { status: unknown }).status;
  };
  assert.deepEqual(await review(await world.token()), { authenticated: true, user: { username: 'alice', groups: ['system:authenticated'] }, audiences: own });
  assert.deepEqual(await review(await world.token({ aud: 'x' })), { user: {}, error: '[invalid bearer token, oidc: verify token: oidc: expected audience "app" got ["x"]]' });
});

test('other issuers take over once their keys are there', async () => {
  await using world = await World.start();
  let change: (issuers: readonly JwtIssuer[]) => void | Promise<void> = () => {};
  using issuers = new OidcIssuers({ current: [], onChange: (listener) => { change = listener; } }, { audiences: own, clock: world.clock, logger: silentLogger });
  const token = await world.token();
  const verdict = async (): Promise<string> => (await issuers.authenticateToken(token, own)).kind;
  assert.equal(await verdict(), 'unknown');
  await change([world.issuer()]);
  assert.equal(await verdict(), 'accepted');
  await change([world.issuer({ audiences: ['other'] })]);
  assert.equal(await verdict(), 'refused');
  await change([]);
  assert.equal(await verdict(), 'unknown');
});
