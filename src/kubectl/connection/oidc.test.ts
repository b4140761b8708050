import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { VirtualClock } from '../../base/virtual-clock.ts';
import type { OidcConfig } from './oidc.ts';
import { oidcToken } from './oidc.ts';

const clock = new VirtualClock();
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const tokenFor = (seconds: number): string => `${part({ alg: 'none' })}.${part({ exp: Math.floor(clock.now() / 1000) + seconds })}.signature`;

describe('a user known to an OpenID Connect provider', () => {
  /** What the provider was asked, and what it answers to that. */
  const asked: string[] = [];
  let answer: object;
  let status = 200;
  const server = createServer((request, response) => {
    if (request.url === '/issuer/.well-known/openid-configuration') return void response.end(JSON.stringify({ token_endpoint: `${issuer()}/token` }));
    let body = '';
    request.on('data', (chunk: Buffer) => { body += chunk.toString(); }).once('end', () => {
      asked.push(`${request.method} ${request.url} ${Buffer.from((request.headers.authorization ?? '').replace('Basic ', ''), 'base64').toString()} ${body}`);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  });
  const issuer = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/issuer`;
  let kept: OidcConfig | undefined;
  const token = (config: OidcConfig): Promise<string> => {
    kept = undefined;
    asked.length = 0;
    return oidcToken({ 'idp-issuer-url': issuer(), 'client-id': 'kubectl', ...config }, { clock, environment: {}, persist: (to) => { kept = to; return Promise.resolve(); } });
  };

  before(async () => { await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); }); });
  after(() => { server.close(); });

  it('shows the token that it has while that is valid', async () => {
    assert.equal(await token({ 'id-token': tokenFor(60) }), tokenFor(60));
    assert.deepEqual([asked, kept], [[], undefined]);
  });

  it('gets another for one that ends within seconds, and keeps it', async () => {
    answer = { id_token: tokenFor(3600), refresh_token: 'second' };
    assert.equal(await token({ 'id-token': tokenFor(5), 'refresh-token': 'first', 'client-secret': 's/e' }), tokenFor(3600));
    assert.deepEqual(asked, ['POST /issuer/token kubectl:s%2Fe grant_type=refresh_token&refresh_token=first']);
    assert.deepEqual(kept, { 'idp-issuer-url': issuer(), 'client-id': 'kubectl', 'client-secret': 's/e', 'id-token': tokenFor(3600), 'refresh-token': 'second' });
  });

  it('keeps the refresh token where no other came', async () => {
    answer = { id_token: tokenFor(3600) };
    await token({ 'refresh-token': 'first' });
    assert.equal(kept?.['refresh-token'], 'first');
  });

  const refusals: [what: string, config: OidcConfig, message: RegExp][] = [
    ['there is none and nothing to get one for', {}, /^No valid id-token, and cannot refresh without refresh-token$/],
    ['what it has is no token', { 'id-token': 'abc' }, /^ID Token is not a valid JWT$/],
    ['nobody says who provides', { 'idp-issuer-url': '', 'id-token': tokenFor(60) }, /^Must provide idp-issuer-url$/],
    ['it is nobody\'s client', { 'client-id': '', 'id-token': tokenFor(60) }, /^Must provide client-id$/],
    ['the answer holds none', { 'refresh-token': 'x' }, /^token response did not contain an id_token/],
    ['there is no such provider', { 'idp-issuer-url': 'http://127.0.0.1:1', 'refresh-token': 'x' }, /^Get "http:\/\/127\.0\.0\.1:1\/\.well-known\/openid-configuration": .*ECONNREFUSED/],
  ];
  for (const [what, config, message] of refusals) {
    it(`is told when ${what}`, async () => {
      answer = {};
      await assert.rejects(token(config), { name: 'KubectlError', message });
      assert.equal(kept, undefined);
    });
  }

  it('is told what the provider says', async () => {
    [status, answer] = [400, { error: 'invalid_grant' }];
    await assert.rejects(token({ 'refresh-token': 'x' }), { message: 'failed to refresh token: oauth2: cannot fetch token: 400\nResponse: {"error":"invalid_grant"}' });
  });
});
