import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusterrolebindings, clusterroles, rolebindings } from '../../../api/resources.ts';
import type { KubeObject } from '../../../api/meta/object.ts';
import { ApiError } from '../../../api/status.ts';
import type { PolicyRule } from '../../../api/types/rbac/v1.ts';
import type { AdmissionAttributes } from '../../admission/admission.ts';
import type { UserInfo } from '../../authentication/authenticator.ts';
import { FakeReader } from '../fake-reader.ts';
import { createAuthorization } from '../registry.ts';
import { rbacEscalationCheck } from './escalation.ts';

const bob: UserInfo = { name: 'bob', groups: ['dev', 'system:authenticated'] };
const group = 'rbac.authorization.k8s.io';

function world() {
  const reader = new FakeReader();
  const authorization = createAuthorization({ reader });
  const plugin = rbacEscalationCheck({ rbac: authorization.rbac!, authorizer: authorization.authorizer });
  reader.put(clusterroles,
    { metadata: { name: 'held' }, rules: [{ verbs: ['get', 'list'], apiGroups: [''], resources: ['pods', 'pods/log'] }] },
    { metadata: { name: 'powerful' }, rules: [{ verbs: ['get', 'delete'], apiGroups: [''], resources: ['secrets'] }, { verbs: ['get'], nonResourceURLs: ['/metrics'] }] },
    { metadata: { name: 'binder' }, rules: [{ verbs: ['bind'], apiGroups: [group], resources: ['clusterroles'], resourceNames: ['powerful'] }] },
    { metadata: { name: 'escalator' }, rules: [{ verbs: ['escalate'], apiGroups: [group], resources: ['roles'] }] });
  reader.put(clusterrolebindings, { metadata: { name: 'bob' }, roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'held' }, subjects: [{ kind: 'User', name: 'bob' }] });
  const grant = (namespace: string, role: string): void => reader.put(rolebindings, { metadata: { name: role, namespace }, roleRef: { apiGroup: group, kind: 'ClusterRole', name: role }, subjects: [{ kind: 'User', name: 'bob' }] });
  const write = async (resource: string, namespace: string, object: KubeObject, options: { old?: KubeObject; user?: UserInfo } = {}): Promise<string> => {
    const attributes: AdmissionAttributes = {
      operation: options.old === undefined ? 'CREATE' : 'UPDATE', group, version: 'v1', resource, subresource: '', kind: '', namespace, name: object.metadata.name ?? '',
      object, oldObject: options.old, user: options.user ?? bob, dryRun: false, warn: () => {},
    };
    try {
      await plugin.validate!(attributes);
      return 'ok';
    } catch (error) {
      assert.ok(error instanceof ApiError, String(error));
      return error.message;
    }
  };
  return { reader, grant, write };
}

const role = (...rules: PolicyRule[]) => ({ metadata: { name: 'r', namespace: 'ns' }, rules });
const bind = (kind: string, name: string, extra: object = {}) => ({ metadata: { name: 'b', namespace: 'ns', ...extra }, roleRef: { apiGroup: group, kind, name }, subjects: [] });

test('nobody grants what it does not hold', async () => {
  const { write, grant } = world();
  assert.equal(await write('roles', 'ns', role({ verbs: ['get'], apiGroups: [''], resources: ['pods'] })), 'ok');
  const tooMuch = role({ verbs: ['get', 'delete'], apiGroups: [''], resources: ['pods', 'secrets'] });
  const text = `roles.rbac.authorization.k8s.io "r" is forbidden: user "bob" (groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:
{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}
{APIGroups:[""], Resources:["secrets"], Verbs:["get" "delete"]}`;
  assert.equal(await write('roles', 'ns', tooMuch), text);
  assert.equal(await write('roles', 'ns', tooMuch, { old: tooMuch }), 'ok', 'what the garbage collector writes grants nothing');
  assert.equal(await write('roles', 'ns', { ...tooMuch, metadata: { ...tooMuch.metadata, labels: { a: 'b' } } }, { old: tooMuch }), text, 'any other change hands out all that the role holds');
  assert.equal(await write('roles', 'ns', tooMuch, { user: { name: 'root', groups: ['system:masters'] } }), 'ok');
  grant('ns', 'escalator');
  assert.equal(await write('roles', 'ns', tooMuch), 'ok');
  assert.notEqual(await write('roles', 'other', tooMuch), 'ok');
});

test('binding takes the role or the right to bind it', async () => {
  const { write, grant } = world();
  assert.equal(await write('rolebindings', 'ns', bind('ClusterRole', 'held')), 'ok');
  assert.match(await write('rolebindings', 'ns', bind('ClusterRole', 'powerful')), /^rolebindings.rbac.authorization.k8s.io "b" is forbidden: user "bob" .*not currently held:\n\{APIGroups:\[""\], Resources:\["secrets"\], Verbs:\["get" "delete"\]\}\n\{NonResourceURLs:\["\/metrics"\], Verbs:\["get"\]\}$/);
  assert.equal(await write('rolebindings', 'ns', bind('ClusterRole', 'absent')), 'clusterrole.rbac.authorization.k8s.io "absent" not found');
  const labelled = bind('ClusterRole', 'powerful', { labels: { a: 'b' } });
  assert.notEqual(await write('rolebindings', 'ns', labelled, { old: bind('ClusterRole', 'powerful') }), 'ok');
  assert.equal(await write('rolebindings', 'ns', bind('ClusterRole', 'powerful', { finalizers: ['x'] }), { old: bind('ClusterRole', 'powerful') }), 'ok');
  grant('ns', 'binder');
  assert.equal(await write('rolebindings', 'ns', bind('ClusterRole', 'powerful')), 'ok');
});

test('an aggregation rule takes full authority', async () => {
  const { write } = world();
  assert.equal(
    await write('clusterroles', '', { metadata: { name: 'agg' }, aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] } } as KubeObject),
    'clusterroles.rbac.authorization.k8s.io "agg" is forbidden: must have cluster-admin privileges to use the aggregationRule',
  );
});
