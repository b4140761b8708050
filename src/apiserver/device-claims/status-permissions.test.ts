import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resourceclaims } from '../../api/resources.ts';
import type { ResourceClaim, ResourceClaimStatus } from '../../api/types/resource/v1.ts';
import { createLocalClient } from '../../client/transports/local.ts';
import type { Attributes, Authorizer } from '../authorization/authorizer.ts';
import { TestServer } from '../testing/server.ts';

const results = [{ request: 'r', driver: 'a.example.com', pool: 'p', device: 'd' }];
const here = { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }] }] };
const allocated: ResourceClaimStatus = { allocation: { devices: { results }, nodeSelector: here } };
const reported = (driver = 'a.example.com'): ResourceClaimStatus => ({ ...allocated, devices: [{ driver, pool: 'p', device: 'd' }] });
const account = 'system:serviceaccount:ns:driver';
const textOf = (attributes: Attributes): string => (attributes.isResourceRequest ? `${attributes.verb} ${attributes.subresource} ${attributes.namespace}/${attributes.name}` : '');

/** What a user who is allowed these, beside the status itself, is told of the write; undefined: nothing. */
async function told({ user, allowed, before = {}, status }: { readonly user: { readonly name: string; readonly extra?: Record<string, string[]> }; readonly allowed: readonly string[]; readonly before?: ResourceClaimStatus; readonly status: ResourceClaimStatus }): Promise<string | undefined> {
  const authorizer: Authorizer = { name: 'test', authorize: (attributes) => ({ verdict: attributes.user.name !== user.name || [...allowed, 'update status default/c'].includes(textOf(attributes)) ? 'allow' : 'deny', reason: '' }) };
  await using server = await TestServer.start({ authorizers: [authorizer] });
  const clientOf = (one: { readonly name: string; readonly extra?: Record<string, string[]> }) => createLocalClient(server.server.local, { user: { groups: [], ...one }, userAgent: 'test', clock: server.clock });
  const admin = clientOf({ name: 'admin' });
  const request = { name: 'r', exactly: { deviceClassName: 'x', allocationMode: 'ExactCount', count: 1 } };
  let claim: ResourceClaim = await admin.create(resourceclaims, { apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaim', metadata: { namespace: 'default', name: 'c' }, spec: { devices: { requests: [request] } } });
  if (before.allocation !== undefined) claim = await admin.update(resourceclaims, { ...claim, status: before }, { subresource: 'status' });
  return await clientOf(user).update(resourceclaims, { ...claim, status }, { subresource: 'status' }).then(() => undefined, (error: unknown) => (error as Error).message);
}

const prefix = 'ResourceClaim.resource.k8s.io "c" is invalid: ';
const denied = (verb: string, what: string, where: string): string => `resourceclaims.resource.k8s.io ${where === 'at the cluster scope' ? '' : '"a.example.com" '}is forbidden: User ${JSON.stringify(where === 'at the cluster scope' ? 'u' : account)} cannot ${verb} resource "resourceclaims/${what}" in API group "resource.k8s.io" ${where}`;
const onNode = { name: account, extra: { 'authentication.kubernetes.io/node-name': ['n'] } };

for (const [title, write, expected] of [
  ['whoever binds claims may allocate them', { user: { name: 'u' }, allowed: ['update binding /'], status: allocated }, undefined],
  ['nobody else may', { user: { name: 'u' }, allowed: [], status: allocated }, `${prefix}status.allocation: Forbidden: changing status.allocation or status.reservedFor requires resource="resourceclaims/binding", verb="update" permission: ${denied('update', 'binding', 'at the cluster scope')}`],
  ['a driver may report of its devices from anywhere, if it may', { user: { name: account }, allowed: ['arbitrary-node:update driver default/a.example.com'], before: allocated, status: reported() }, undefined],
  ['from the node that they are on', { user: onNode, allowed: ['associated-node:update driver default/a.example.com'], before: allocated, status: reported() }, undefined],
  ['not of others\'', { user: onNode, allowed: ['associated-node:update driver default/b.example.com'], before: allocated, status: reported() }, `${prefix}status.devices: Forbidden: changing status.devices requires resource="resourceclaims/driver", verb="[associated-node:update arbitrary-node:update]" permission: ${denied('associated-node:update', 'driver', 'in the namespace "default"')}`],
  ['nor from another node', { user: { ...onNode, extra: { 'authentication.kubernetes.io/node-name': ['m'] } }, allowed: ['associated-node:update driver default/a.example.com'], before: allocated, status: reported() }, `${prefix}status.devices: Forbidden: changing status.devices requires resource="resourceclaims/driver", verb="[arbitrary-node:update]" permission: ${denied('arbitrary-node:update', 'driver', 'in the namespace "default"')}`],
  ['administrators\' devices are for namespaces that are marked', { user: { name: 'u' }, allowed: ['update binding /'], status: { allocation: { devices: { results: [{ ...results[0]!, adminAccess: true }] } } } }, `${prefix}status.allocation.devices.results[0].adminAccess: Forbidden: admin access to devices requires the \`resource.kubernetes.io/admin-access: true\` label on the containing namespace`],
] as const) test(title, async () => assert.equal(await told(write as Parameters<typeof told>[0]), expected));
