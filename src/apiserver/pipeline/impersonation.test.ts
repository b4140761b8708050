import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../../api/status.ts';
import type { UserInfo } from '../authentication/authenticator.ts';
import type { Attributes, Authorizer } from '../authorization/authorizer.ts';
import type { RequestInfo } from '../request.ts';
import { impersonate } from './impersonate.ts';
import type { ServerRequest } from './server-request.ts';

const info: RequestInfo = { isResourceRequest: true, path: '/api/v1/namespaces/ns/pods', verb: 'list', apiGroup: '', apiVersion: 'v1', namespace: 'ns', resource: 'pods', subresource: '', name: '', remainder: '' };
const bob: UserInfo = { name: 'bob', groups: ['dev', 'system:authenticated'] };

/** `VERB RESOURCE[/SUBRESOURCE].GROUP NAMESPACE/NAME`: a question as the tests write it. */
function asked(attributes: Attributes): string {
  if (!attributes.isResourceRequest) return `${attributes.verb} ${attributes.path}`;
  const { verb, resource, subresource, apiGroup, namespace, name } = attributes;
  return `${verb} ${resource}${subresource === '' ? '' : `/${subresource}`}.${apiGroup} ${namespace}/${name}`;
}

/** Whom a request with these headers is in the end, or why it may not be, and what was asked on the way. */
async function become(headers: Record<string, readonly string[]>, allowed: readonly string[], requestor = bob): Promise<{ user?: UserInfo; error?: string; questions: string[] }> {
  const questions: string[] = [];
  const authorizer: Authorizer = {
    name: 'test',
    authorize: (attributes) => {
      questions.push(asked(attributes));
      return allowed.includes(asked(attributes)) ? { verdict: 'allow', reason: '' } : { verdict: 'no-opinion', reason: '' };
    },
  };
  const request = {
    info, user: requestor, queryOrUndefined: undefined,
    header: (name: string) => headers[name]?.join(', '),
    headerValues: (name: string) => headers[name] ?? [],
    headersWithPrefix: (prefix: string) => Object.entries(headers).filter(([name]) => name.startsWith(prefix)).map(([name, values]) => [name.slice(prefix.length), values] as const),
  } as unknown as ServerRequest;
  try {
    await impersonate([authorizer])(() => ({ kind: 'raw', code: 200, contentType: '', body: '' }))(request);
    return { user: request.user, questions };
  } catch (error) {
    assert.ok(error instanceof ApiError, String(error));
    return { error: `${error.code} ${error.message}`, questions };
  }
}

test('without the headers nothing is asked', async () => {
  assert.deepEqual(await become({}, []), { user: bob, questions: [] });
});

test('the oldest mode: the verb impersonate for each part of the other', async () => {
  const headers = { 'impersonate-user': ['alice'], 'impersonate-group': ['a', 'b'], 'impersonate-uid': ['7'], 'impersonate-extra-acme.com%2fscopes': ['x', 'y'] };
  const allowed = ['impersonate users. /alice', 'impersonate uids.authentication.k8s.io /7', 'impersonate groups. /a', 'impersonate groups. /b', 'impersonate userextras/acme.com/scopes.authentication.k8s.io /x', 'impersonate userextras/acme.com/scopes.authentication.k8s.io /y'];
  const { user, questions } = await become(headers, allowed);
  assert.deepEqual(user, { name: 'alice', uid: '7', groups: ['a', 'b', 'system:authenticated'], extra: { 'acme.com/scopes': ['x', 'y'] } });
  assert.deepEqual(questions, ['impersonate-on:user-info:list pods. ns/', ...allowed]);
  for (const missing of allowed) assert.match((await become(headers, allowed.filter((one) => one !== missing))).error ?? '', /^403 pods is forbidden: User "bob" cannot impersonate-on:user-info:list resource "pods" in API group "" in the namespace "ns"$/, missing);
});

test('constrained: certain verbs on behalf of certain users', async () => {
  const on = 'impersonate-on:user-info:list pods. ns/';
  const users = 'impersonate:user-info users.authentication.k8s.io /alice';
  assert.deepEqual((await become({ 'impersonate-user': ['alice'] }, [on, users])).user, { name: 'alice', groups: ['system:authenticated'] });
  assert.equal((await become({ 'impersonate-user': ['alice'] }, [on])).error, '403 users.authentication.k8s.io "alice" is forbidden: User "bob" cannot impersonate:user-info resource "users" in API group "authentication.k8s.io" at the cluster scope');
  const many = { 'impersonate-user': ['alice'], 'impersonate-group': ['a', 'b', 'c', 'd'] };
  assert.deepEqual((await become(many, [on, users, 'impersonate:user-info groups.authentication.k8s.io /*'])).user?.groups, ['a', 'b', 'c', 'd', 'system:authenticated']);
  assert.match((await become({ 'impersonate-user': ['alice'], 'impersonate-group': ['system:masters'] }, [on, users])).error ?? '', /impersonating the system:masters group is not allowed$/);
  assert.match((await become({ 'impersonate-user': ['alice'], 'impersonate-extra-plain': ['x'] }, [on, users])).error ?? '', /impersonating an invalid key in extra is not allowed: extra\.key: Invalid value: "plain": must be a domain-prefixed path/);
  const extra = { 'impersonate-user': ['alice'], 'impersonate-extra-a.b%2fc': ['1', '2', '3', '4'] };
  assert.deepEqual((await become(extra, [on, users, 'impersonate:user-info userextras/*.authentication.k8s.io /*'])).user?.extra, { 'a.b/c': ['1', '2', '3', '4'] });
});

test('service accounts and nodes have groups of their own', async () => {
  const account = { 'impersonate-user': ['system:serviceaccount:ns:robot'] };
  const groups = ['system:serviceaccounts', 'system:serviceaccounts:ns', 'system:authenticated'];
  assert.deepEqual((await become(account, ['impersonate serviceaccounts. ns/robot'])).user?.groups, groups);
  assert.deepEqual((await become(account, ['impersonate-on:serviceaccount:list pods. ns/', 'impersonate:serviceaccount serviceaccounts.authentication.k8s.io ns/robot'])).user?.groups, groups);
  const node = { 'impersonate-user': ['system:node:n1'] };
  assert.deepEqual((await become(node, ['impersonate-on:arbitrary-node:list pods. ns/', 'impersonate:arbitrary-node nodes.authentication.k8s.io /n1'])).user, { name: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] });
  assert.deepEqual((await become(node, ['impersonate users. /system:node:n1'])).user?.groups, ['system:authenticated']);
  const agent: UserInfo = { name: 'system:serviceaccount:kube-system:agent', groups: [], extra: { 'authentication.kubernetes.io/node-name': ['n1'] } };
  const associated = ['impersonate-on:associated-node:list pods. ns/', 'impersonate:associated-node nodes.authentication.k8s.io /*'];
  assert.deepEqual((await become(node, associated, agent)).user, { name: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] });
  assert.match((await become({ 'impersonate-user': ['system:node:n2'] }, associated, agent)).error ?? '', /cannot impersonate-on:arbitrary-node:list/);
  assert.deepEqual((await become({ 'impersonate-user': ['system:anonymous'] }, ['impersonate users. /system:anonymous'])).user?.groups, ['system:unauthenticated']);
});

test('parts without a name are a mistake', async () => {
  assert.equal((await become({ 'impersonate-group': ['a"b'] }, [])).error, '400 requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"a\\"b"}, Extra:map[string][]string(nil)} without impersonating a user name');
  assert.equal((await become({ 'impersonate-extra-b': ['1'], 'impersonate-extra-a': ['2', '3'] }, [])).error, '400 requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string(nil), Extra:map[string][]string{"a":[]string{"2", "3"}, "b":[]string{"1"}}} without impersonating a user name');
});
