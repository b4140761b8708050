import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../base/virtual-clock.ts';
import { ApiError } from '../../api/status.ts';
import type { RequestContext } from '../request.ts';
import { authenticationEndpoints } from './reviews.ts';

async function ask(resource: string, body: unknown): Promise<object> {
  const handler = authenticationEndpoints({ authenticators: [], audiences: ['api'], clock: new VirtualClock() }).find((one) => one.resource === resource)!;
  const warnings: string[] = [];
  const context = { user: { name: 'bob', groups: [] }, body: () => Promise.resolve(body), warn: (message: string) => warnings.push(message) } as unknown as RequestContext;
  try {
    const answer = await handler.handle(context);
    assert.ok(answer.kind === 'object');
    return { status: (answer.object as { status?: object }).status, ...(warnings.length > 0 && { warnings }) };
  } catch (error) {
    assert.ok(error instanceof ApiError, String(error));
    return { error: error.message };
  }
}

const unknown = { user: {}, error: 'invalid bearer token' };
const start = 'TokenReview in version "v1" cannot be handled as a TokenReview: json: cannot unmarshal';
const rows: readonly (readonly [name: string, body: unknown, answer: object])[] = [
  ['a token that nobody knows', { spec: { token: 't' } }, { status: unknown }],
  ['without a spec', {}, { error: 'token is required for TokenReview in authentication' }],
  ['no object', 'text', { error: 'not a TokenReview: the body must hold one' }],
  ['no object but a list', [], { error: 'not a TokenReview: the body must hold one' }],
  ['nothing', undefined, { error: 'not a TokenReview: the body must hold one' }],
  ['another kind', { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview', spec: { token: 't' } }, { error: 'SelfSubjectReview in version "v1" cannot be handled as a TokenReview: converting (v1.SelfSubjectReview) to (v1.TokenReview): unknown conversion' }],
  ['a spec that is none', { spec: 'token' }, { error: `${start} string into Go struct field TokenReview.spec of type v1.TokenReviewSpec` }],
  ['a token that is no text', { spec: { token: 1 } }, { error: `${start} number into Go struct field TokenReviewSpec.spec.token of type string` }],
  ['audiences that are no list', { spec: { token: 't', audiences: 'api' } }, { error: `${start} string into Go struct field TokenReviewSpec.spec.audiences of type []string` }],
  ['an audience that is no text', { spec: { token: 't', audiences: [{}] } }, { error: `${start} object into Go struct field TokenReviewSpec.spec.audiences of type string` }],
  ['in a namespace', { metadata: { namespace: 'ns' }, spec: { token: 't' } }, { error: 'namespace is not allowed on this type: ns' }],
  ['a field that there is not', { spec: { token: 't', more: 1 } }, { status: unknown, warnings: ['unknown field "spec.more"'] }],
];
for (const [name, body, answer] of rows) test(`token reviews: ${name}`, async () => assert.deepEqual(await ask('tokenreviews', body), answer));

test('subject reviews: what is none is refused', async () => {
  assert.deepEqual(await ask('selfsubjectreviews', []), { error: 'not a SelfSubjectReview: the body must hold one' });
  assert.deepEqual(await ask('selfsubjectreviews', { kind: 'SelfSubjectReview' }), { status: { userInfo: { username: 'bob' } } });
});
