// What an operator of yours does when the API server fails, is slow, or forgets to tell it something.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isReason, resources, startCluster } from 'coxswain/testing';

const { configmaps, roles, rolebindings } = resources;

test('a client of yours meets errors that you choose, and others do not', async () => {
  await using cluster = await startCluster({ nodes: 0, seed: 42 });
  const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'operator' }, rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['*'] }] };
  const binding = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', metadata: { name: 'operator' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'operator' }, subjects: [{ kind: 'ServiceAccount', name: 'operator', namespace: 'default' }] };
  await cluster.apply([role, binding]);
  await cluster.expect(roles, 'operator').toExist();
  await cluster.expect(rolebindings, 'operator').toExist();

  // RBAC holds for it as for a pod's service account.
  const operator = cluster.asServiceAccount('default', 'operator');
  const settings = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', name } });
  {
    using fault = cluster.faults.failRequests({ user: /:operator$/, verbs: ['create'], resource: configmaps, reason: 'ServiceUnavailable', times: 1 });
    await assert.rejects(operator.create(configmaps, settings('a')), (error) => isReason(error, 'ServiceUnavailable'));
    await operator.create(configmaps, settings('a'));
    assert.equal(fault.count, 1);
  }
  await cluster.client.create(configmaps, settings('b'));
  assert.equal((await operator.list(configmaps, { namespace: 'default' })).items.length, 3, 'with kube-root-ca.crt');
});
