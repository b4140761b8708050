import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secrets } from '../../api/resources.ts';
import type { Secret } from '../../api/types/core/v1.ts';
import { VirtualClock } from '../../base/virtual-clock.ts';
import { FakeReader } from '../authorization/fake-reader.ts';
import { bootstrapTokenAuthenticator } from './bootstrap-token.ts';
import { bearerCredentials } from './token-authenticator.ts';

const id = 'abcdef';
const token = `${id}.0123456789abcdef`;
const encode = (data: Record<string, string>): Record<string, string> => Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));

function secretOf(change: Record<string, string | undefined> = {}, more: Partial<Secret> = {}): Secret {
  const data = { 'token-id': id, 'token-secret': '0123456789abcdef', 'usage-bootstrap-authentication': 'true', ...change };
  return {
    type: 'bootstrap.kubernetes.io/token',
    data: encode(Object.fromEntries(Object.entries(data).filter((entry): entry is [string, string] => entry[1] !== undefined))),
    ...more,
    metadata: { name: `bootstrap-token-${id}`, namespace: 'kube-system', ...more.metadata },
  };
}

function ask(secret: Secret, bearer = token): unknown {
  const reader = new FakeReader();
  reader.put(secrets, secret);
  return bootstrapTokenAuthenticator({ reader, clock: new VirtualClock() }).authenticate(bearerCredentials(bearer));
}

test('a bootstrap token is a bootstrapper, in the groups that its secret adds', () => {
  assert.deepEqual(ask(secretOf()), { name: 'system:bootstrap:abcdef', groups: ['system:bootstrappers', 'system:authenticated'] });
  assert.deepEqual(ask(secretOf({ 'auth-extra-groups': 'system:bootstrappers:z,system:bootstrappers:kubeadm:default-node-token,system:bootstrappers:z', expiration: '2026-01-01T00:00:01Z' })), {
    name: 'system:bootstrap:abcdef', groups: ['system:bootstrappers', 'system:bootstrappers:kubeadm:default-node-token', 'system:bootstrappers:z', 'system:authenticated'],
  });
});

test('a token that its secret does not vouch for is nobody\'s', () => {
  const cases: readonly [string, Secret, string?][] = [
    ['another secret', secretOf(), `${id}.fedcba9876543210`],
    ['another id', secretOf(), '000000.0123456789abcdef'],
    ['not a bootstrap token', secretOf(), 'abcdef.0123456789ABCDEF'],
    ['a line after it', secretOf(), `${token}\n`],
    ['an id that differs from the name', secretOf({ 'token-id': '000000' })],
    ['no secret', secretOf({ 'token-secret': undefined })],
    ['another type', secretOf({}, { type: 'Opaque' })],
    ['expired', secretOf({ expiration: '2026-01-01T00:00:00Z' })],
    ['an expiration that cannot be read', secretOf({ expiration: 'tomorrow' })],
    ['not for authentication', secretOf({ 'usage-bootstrap-authentication': 'yes' })],
    ['not marked for anything', secretOf({ 'usage-bootstrap-authentication': undefined })],
    ['a group of others', secretOf({ 'auth-extra-groups': 'system:bootstrappers:a,system:masters' })],
    ['going away', secretOf({}, { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } })],
    ['another namespace', secretOf({}, { metadata: { name: `bootstrap-token-${id}`, namespace: 'default' } })],
  ];
  for (const [title, secret, bearer] of cases) assert.equal(ask(secret, bearer), undefined, title);
});
