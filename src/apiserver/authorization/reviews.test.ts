import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusterrolebindings, clusterroles } from '../../api/resources.ts';
import { ApiError } from '../../api/status.ts';
import type { UserInfo } from '../authentication/authenticator.ts';
import type { RequestContext } from '../request.ts';
import type { Attributes } from './authorizer.ts';
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

test('a selector without a key is refused as an empty one, not stumbled over', async () => {
  for (const field of ['labelSelector', 'fieldSelector']) {
    const answer = await ask('selfsubjectaccessreviews', { spec: { resourceAttributes: { ...getPods, [field]: { requirements: [{ operator: 'Exists' }] } } } }) as { readonly error: string };
    assert.match(answer.error, new RegExp(`spec\\.resourceAttributes\\.${field}\\.requirements\\[0\\]\\.key: `));
  }
});

test('values of the wrong type are refused before anything is made of them', async () => {
  const answer = await ask('selfsubjectaccessreviews', { spec: { resourceAttributes: { verb: 'get', resource: 'pods', labelSelector: { requirements: 'all' } } } }) as { readonly error: string };
  assert.match(answer.error, /^SelfSubjectAccessReview in version "v1" cannot be handled as a SelfSubjectAccessReview: json: cannot unmarshal string into Go struct field .*requirements/);
});

test('a rules review lists what is held, and says when it cannot', async () => {
  assert.deepEqual(await ask('selfsubjectrulesreviews', { spec: { namespace: 'ns' } }), {
    resourceRules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }], nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/metrics'] }], incomplete: false,
  });
  assert.deepEqual(await ask('selfsubjectrulesreviews', { spec: { namespace: 'ns' } }, { user: { name: 'system:node:n', groups: ['system:nodes'] } }), {
    resourceRules: [], nonResourceRules: [], incomplete: true, evaluationError: 'node authorizer does not support user rule resolution',
  });
});

test('what a review is narrowed to is told to the authorizer; what cannot be understood is left out, and said', async () => {
  const asked: Attributes[] = [];
  const endpoint = authorizationEndpoints({ authorizer: { name: 'test', authorize: (attributes) => { asked.push(attributes); return { verdict: 'no-opinion', reason: 'no', error: 'could not judge' }; } }, rulesFor: () => ({ rules: [], errors: [], incomplete: false }) }).find(({ resource }) => resource === 'selfsubjectaccessreviews')!;
  const review = async (more: object): Promise<{ status: unknown; fields: unknown; labels: unknown }> => {
    const response = await endpoint.handle({ user: bob, info: { namespace: '' }, body: () => Promise.resolve({ spec: { resourceAttributes: { verb: 'list', resource: 'pods', ...more } } }) } as RequestContext);
    const last = asked.at(-1)!;
    assert.ok(response.kind === 'object' && last.isResourceRequest && last.selectors !== undefined);
    return { status: (response.object as { status: unknown }).status, fields: last.selectors.fields, labels: last.selectors.labels };
  };
  const status = (evaluationError: string): object => ({ allowed: false, reason: 'no', evaluationError });
  assert.deepEqual(await review({
    fieldSelector: { requirements: [{ key: 'spec.nodeName', operator: 'In', values: ['n'] }, { key: 'a', operator: 'NotIn', values: ['b'] }] },
    labelSelector: { requirements: [{ key: 'app', operator: 'In', values: ['y', 'x'] }, { key: 'gone', operator: 'DoesNotExist' }] },
  }), {
    status: status('could not judge'),
    fields: [{ field: 'spec.nodeName', operator: '=', value: 'n' }, { field: 'a', operator: '!=', value: 'b' }],
    labels: [{ key: 'app', operator: 'in', values: ['y', 'x'] }, { key: 'gone', operator: '!', values: [] }],
  });
  assert.deepEqual(await review({ fieldSelector: { rawSelector: 'a=b,c!=d' }, labelSelector: { rawSelector: 'x in (' } }), {
    status: status('could not judge; spec.resourceAttributes.labelSelector ignored due to parse error'),
    fields: [{ field: 'a', operator: '=', value: 'b' }, { field: 'c', operator: '!=', value: 'd' }],
    labels: [],
  });
  assert.deepEqual(await review({ fieldSelector: { requirements: [{ key: 'a', operator: 'In', values: ['b', 'c'] }, { key: 'd', operator: 'In', values: ['e'] }, { key: 'f', operator: 'Exists' }] }, labelSelector: { requirements: [{ key: 'k', operator: 'Like', values: ['v'] }] } }), {
    status: status('could not judge; spec.resourceAttributes.fieldSelector partially ignored due to parse error; spec.resourceAttributes.labelSelector ignored due to parse error'),
    fields: [{ field: 'd', operator: '=', value: 'e' }],
    labels: [],
  });
  const invalid: readonly [object, string][] = [
    [{ fieldSelector: {} }, 'spec.resourceAttributes.fieldSelector.requirements: Required value: when spec.resourceAttributes.fieldSelector is specified, requirements or rawSelector is required'],
    [{ labelSelector: { rawSelector: 'a', requirements: [{ key: 'a', operator: 'Exists' }] } }, 'spec.resourceAttributes.labelSelector.rawSelector: Invalid value: "a": may not specified at the same time as requirements'],
    [{ fieldSelector: { requirements: [{ key: '', operator: 'In' }] } }, '[spec.resourceAttributes.fieldSelector.requirements[0].key: Required value: must be specified, spec.resourceAttributes.fieldSelector.requirements[0].values: Required value: must be specified when `operator` is \'In\' or \'NotIn\']'],
    [{ labelSelector: { requirements: [{ key: 'a', operator: 'Exists', values: ['b'] }] } }, 'spec.resourceAttributes.labelSelector.requirements[0].values: Forbidden: may not be specified when `operator` is \'Exists\' or \'DoesNotExist\''],
  ];
  for (const [more, message] of invalid) await assert.rejects(review(more), { message: `SelfSubjectAccessReview.authorization.k8s.io "" is invalid: ${message}` });
});
