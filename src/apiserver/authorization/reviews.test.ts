import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusterrolebindings, clusterroles } from '../../api/resources.ts';
import { ApiError } from '../../api/status.ts';
import type { UserInfo } from '../authentication/authenticator.ts';
import type { RequestContext } from '../request.ts';
import { FakeReader } from './fake-reader.ts';
import { createAuthorization } from './registry.ts';
import { authorizationEndpoints } from './reviews.ts';

const bob: UserInfo = { name: 'bob', groups: ['system:authenticated'] };

async function ask(resource: string, body: object, options: { user?: UserInfo; namespace?: string } = {}): Promise<object> {
  const reader = new FakeReader();
  reader.put(clusterroles, { metadata: { name: 'reader' }, rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }, { verbs: ['get'], nonResourceURLs: ['/metrics'] }] });
  reader.put(clusterrolebindings, { metadata: { name: 'b' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'reader' }, subjects: [{ kind: 'User', name: 'bob' }] });
  const handler = authorizationEndpoints(createAuthorization({ reader })).find((one) => one.resource === resource)!;
  const context = { user: options.user ?? bob, info: { namespace: options.namespace ?? '' }, body: () => Promise.resolve(body) } as RequestContext;
  try {
    const response = await handler.handle(context);
    assert.ok(response.kind === 'object');
    assert.equal(response.code, 201);
    return (response.object as { status: object }).status;
  } catch (error) {
    assert.ok(error instanceof ApiError, String(error));
    return { error: error.message };
  }
}

const allowed = { allowed: true, reason: 'RBAC: allowed by ClusterRoleBinding "b" of ClusterRole "reader" to User "bob"' };
const getPods = { verb: 'get', resource: 'pods', namespace: 'ns' };

test('reviews answer as the authorizer would', async () => {
  assert.deepEqual(await ask('selfsubjectaccessreviews', { spec: { resourceAttributes: getPods } }), allowed);
  assert.deepEqual(await ask('selfsubjectaccessreviews', { spec: { resourceAttributes: { ...getPods, verb: 'list' } } }), { allowed: false });
  assert.deepEqual(await ask('selfsubjectaccessreviews', { spec: { nonResourceAttributes: { verb: 'get', path: '/metrics' } } }), allowed);
  assert.deepEqual(await ask('subjectaccessreviews', { spec: { user: 'eve', resourceAttributes: getPods } }), { allowed: false });
  assert.deepEqual(await ask('subjectaccessreviews', { spec: { user: 'bob', resourceAttributes: getPods } }), allowed);
  assert.deepEqual(await ask('subjectaccessreviews', { spec: { groups: ['system:masters'], resourceAttributes: getPods } }), { allowed: true });
  assert.deepEqual(await ask('localsubjectaccessreviews', { metadata: { namespace: 'ns' }, spec: { user: 'bob', resourceAttributes: getPods } }, { namespace: 'ns' }), allowed);
});

test('malformed reviews are refused in upstream\'s words', async () => {
  const cases: readonly [string, object, string][] = [
    ['selfsubjectaccessreviews', {}, 'SelfSubjectAccessReview.authorization.k8s.io "" is invalid: spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified'],
    ['subjectaccessreviews', { spec: { resourceAttributes: getPods } }, 'SubjectAccessReview.authorization.k8s.io "" is invalid: spec.user: Invalid value: "": at least one of user or group must be specified'],
    ['localsubjectaccessreviews', { spec: { user: 'bob', resourceAttributes: { ...getPods, namespace: 'x' } } }, 'LocalSubjectAccessReview.authorization.k8s.io "" is invalid: spec.resourceAttributes.namespace: Invalid value: "x": must match metadata.namespace'],
    ['selfsubjectrulesreviews', { spec: {} }, 'no namespace on request'],
  ];
  for (const [resource, body, error] of cases) assert.deepEqual(await ask(resource, body, { namespace: 'ns' }), { error });
});

test('a rules review lists what is held, and says when it cannot', async () => {
  assert.deepEqual(await ask('selfsubjectrulesreviews', { spec: { namespace: 'ns' } }), {
    resourceRules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }], nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/metrics'] }], incomplete: false,
  });
  assert.deepEqual(await ask('selfsubjectrulesreviews', { spec: { namespace: 'ns' } }, { user: { name: 'system:node:n', groups: ['system:nodes'] } }), {
    resourceRules: [], nonResourceRules: [], incomplete: true, evaluationError: 'node authorizer does not support user rule resolution',
  });
});
