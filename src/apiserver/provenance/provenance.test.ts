import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forbiddenError, conflictError } from '../../api/status.ts';
import { VirtualClock } from '../../base/virtual-clock.ts';
import type { WriteOrigin } from './provenance.ts';
import { ProvenanceLog } from './provenance.ts';

const type = { group: 'apps', resource: 'deployments' };

function by(user: string, headers: Readonly<Record<string, string>> = {}, subresource = ''): WriteOrigin {
  const info = { isResourceRequest: true, path: '', verb: 'update', apiGroup: 'apps', apiVersion: 'v1', namespace: 'a', resource: 'deployments', subresource, name: 'web', remainder: '' };
  return { info, user: { name: user, groups: [] }, header: (name) => headers[name] };
}

test('who wrote, with what, and because of what; each of it cut to a length', () => {
  const log = new ProvenanceLog(new VirtualClock());
  log.wrote(type, 'a/web', { operation: 'created', revision: 5, uid: 'u' }, by('alice', { 'user-agent': 'kubectl/v1.36', 'kubectl-command': 'kubectl create', 'coxswain-cause': 'x'.repeat(9000) }));
  const [record] = log.writesOf('deployments.apps/a/web');
  assert.partialDeepStrictEqual(record, { revision: 5, uid: 'u', operation: 'created', user: 'alice', agent: 'kubectl/v1.36', command: 'kubectl create' });
  assert.equal(record!.cause.length, 512);
});

test('what controllers repeat is kept thrice, what people write is all kept, and no object has more than sixteen', () => {
  const log = new ProvenanceLog(new VirtualClock());
  const revisions = (): number[] => log.writesOf('deployments.apps/a/web').map(({ revision }) => revision);
  log.wrote(type, 'a/web', { operation: 'created', revision: 1, uid: 'u' }, by('alice'));
  for (let revision = 2; revision < 100; revision++) log.wrote(type, 'a/web', { operation: 'updated', revision, uid: 'u' }, by('system:serviceaccount:kube-system:deployment-controller', {}, 'status'));
  assert.deepEqual(revisions(), [1, 2, 98, 99]);
  for (let revision = 100; revision < 200; revision++) log.wrote(type, 'a/web', { operation: 'updated', revision, uid: 'u' }, by('alice'));
  assert.deepEqual([revisions().length, revisions()[0], revisions().at(-1)], [16, 1, 199]);
});

test('objects that nobody writes any more are forgotten for those that somebody does', () => {
  const log = new ProvenanceLog(new VirtualClock());
  const write = (name: string): void => log.wrote(type, `a/${name}`, { operation: 'updated', revision: 1, uid: '' }, by('alice'));
  write('old');
  write('kept');
  for (let i = 0; i < 20_000; i++) {
    write(`other-${i}`);
    if (i % 1000 === 0) write('kept');
  }
  assert.deepEqual([log.writesOf('deployments.apps/a/old').length, log.writesOf('deployments.apps/a/kept').length > 0], [0, true]);
});

test('refusals are counted, found by object and by owner, and those that retries are made of are left out', () => {
  const log = new ProvenanceLog(new VirtualClock());
  const object = { metadata: { name: 'x', ownerReferences: [{ apiVersion: 'v1', kind: 'X', name: 'owner', uid: 'owner-uid', controller: true }] } };
  const refuse = (): void => log.refused(forbiddenError({ group: 'apps', resource: 'deployments' }, 'web', 'no'), object, by('alice'));
  refuse();
  refuse();
  log.refused(conflictError({ group: 'apps', resource: 'deployments' }, 'web', 'again'), object, by('alice'));
  const [record, ...others] = log.refusalsOf('deployments.apps/a/web', undefined);
  assert.deepEqual([record!.count, record!.reason, others.length], [2, 'Forbidden', 0]);
  assert.equal(log.refusalsOf('pods/a/nothing', 'owner-uid').length, 1);
  for (let i = 0; i < 1000; i++) log.refused(forbiddenError({ group: 'apps', resource: 'deployments' }, 'web', 'no'), undefined, by(`user-${i}`));
  assert.equal(log.refusalsOf('deployments.apps/a/web', undefined).length, 512);
});
