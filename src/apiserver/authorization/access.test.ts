import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { SeededRandom } from '../../base/random.ts';
import { VirtualClock } from '../../base/virtual-clock.ts';
import { createMemoryPki } from '../../pki/pki.ts';
import type { Credentials, UserInfo } from '../authentication/authenticator.ts';
import { bearerCredentials } from '../authentication/token-authenticator.ts';
import type { WatchCache } from '../cache/watch-cache.ts';
import type { ServerParts } from '../options.ts';
import { ServedResources } from '../served-resources.ts';
import type { AccessOptions } from './access.ts';
import { standardAccess } from './access.ts';
import { FakeReader } from './fake-reader.ts';

const clock = new VirtualClock();
const pki = await createMemoryPki({ clock, apiServerNames: [] });

function make(options: Omit<AccessOptions, 'pki'> = {}) {
  const access = standardAccess({ pki, ...options });
  const parts = { reader: new FakeReader(), clock, random: new SeededRandom(1), resources: new ServedResources({ served: [], cache: {} as WatchCache }) } as unknown as ServerParts;
  return { ...access.plugged(parts), objects: access.bootstrapObjects };
}

test('everything is there, and there once', () => {
  const { admission = [], endpoints = [], paths = [], objects } = make();
  assert.equal(admission.at(-1)?.name, 'RBACEscalationCheck');
  assert.ok(admission.every((plugin) => plugin !== undefined));
  assert.deepEqual(endpoints.map(({ resource, subresource }) => `${resource}/${subresource}`).sort(), [
    'localsubjectaccessreviews/', 'selfsubjectaccessreviews/', 'selfsubjectreviews/', 'selfsubjectrulesreviews/', 'serviceaccounts/token', 'subjectaccessreviews/', 'tokenreviews/',
  ]);
  assert.deepEqual(paths.map(({ path }) => path), ['/.well-known/openid-configuration', '/openid/v1/jwks']);
  assert.ok(objects.length > 100);
});

test('the administrator\'s certificate opens every door, a stranger\'s none', async () => {
  const { authenticators = [], authorizers: [authorizer] = [] } = make({ tokenFile: 'secret,bob,1' });
  const authenticate = async (credentials: Credentials): Promise<UserInfo | undefined> => {
    for (const one of authenticators) {
      const user = await one.authenticate(credentials);
      if (user !== undefined) return user;
    }
    return undefined;
  };
  const admin = await authenticate({ clientCertificate: new X509Certificate(pki.admin.certificate).raw, bearerToken: undefined, header: () => undefined, headerValues: () => [], headersWithPrefix: () => [], warn: () => {}, annotate: () => {} });
  const bob = await authenticate(bearerCredentials('secret'));
  const ask = async (user: typeof admin) => (await authorizer!.authorize({ isResourceRequest: true, user: user!, verb: 'delete', apiGroup: '', apiVersion: 'v1', resource: 'nodes', subresource: '', namespace: '', name: 'n' })).verdict;
  assert.deepEqual([admin?.name, await ask(admin), bob?.name, await ask(bob)], ['kubernetes-admin', 'allow', 'bob', 'no-opinion']);
});

test('settings that make no sense are refused at once', () => {
  assert.throws(() => standardAccess({ pki, tokenFile: 'x,y\n' }), /line 1/);
  assert.throws(() => standardAccess({ pki, admission: { disabled: ['X'] } }), /disable-admission-plugins plugin "X" is unknown/);
});

test('without RBAC there are neither its roles nor its check', () => {
  const { admission = [], objects } = make({ authorizationModes: ['AlwaysAllow'], admission: { disabled: ['NodeRestriction'] } });
  assert.ok(!admission.some(({ name }) => name === 'RBACEscalationCheck' || name === 'NodeRestriction'));
  assert.deepEqual(objects.map(({ kind }) => kind), ['PriorityClass', 'PriorityClass', 'ConfigMap']);
});
