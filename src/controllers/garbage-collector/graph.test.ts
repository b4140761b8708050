import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KubeObject } from '../../api/meta/object.ts';
import { OwnerGraph } from './graph.ts';

const job: KubeObject = { apiVersion: 'batch/v1', kind: 'Job', metadata: { namespace: 'default', name: 'a', uid: 'job' } };
const pod = (more: object = {}, blockOwnerDeletion = true): KubeObject => ({
  apiVersion: 'v1', kind: 'Pod',
  metadata: { namespace: 'default', name: 'a-1', uid: 'pod', ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'a', uid: 'job', controller: true, blockOwnerDeletion }], ...more },
});

function setup(): { readonly graph: OwnerGraph; readonly asked: () => string[] } {
  let asked: string[] = [];
  const graph = new OwnerGraph({ attemptToDelete: ({ uid }) => asked.push(uid), attemptToOrphan: ({ uid }) => asked.push(`orphan ${uid}`), foundInvalidNamespace: ({ uid }) => asked.push(`elsewhere ${uid}`) });
  return { graph, asked: () => { const before = asked; asked = []; return before; } };
}

describe('the graph of owners', () => {
  it('does not ask again for an owner that is gone when its dependent changes on its way out', () => {
    const { graph, asked } = setup();
    graph.observe(job);
    graph.observe(pod());
    graph.remove('job');
    assert.deepEqual(asked(), ['pod']);
    graph.observe(pod({ deletionTimestamp: '2026-01-01T00:00:00Z' }));
    assert.deepEqual(asked(), []);
    assert.equal(graph.get('job'), undefined);
    graph.remove('pod');
    assert.deepEqual(asked(), []);
  });

  it('asks for an owner that nobody has seen, and for one that a dependent no longer holds up', () => {
    const { graph, asked } = setup();
    graph.observe(pod());
    assert.deepEqual([asked(), graph.get('job')?.virtual], [['job'], true]);
    graph.observe({ ...job, metadata: { ...job.metadata, deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['foregroundDeletion'] } });
    assert.deepEqual(asked(), ['pod', 'job']);
    graph.observe(pod({}, false));
    assert.deepEqual(asked(), ['job']);
    graph.observe(pod({ ownerReferences: [] }));
    assert.equal(graph.get('job')?.dependents.size, 0);
  });

  it('warns of an owner in another namespace, and asks whether what refers to it so is owned at all', () => {
    const { graph, asked } = setup();
    const elsewhere: KubeObject = { ...pod(), metadata: { ...pod().metadata, namespace: 'other' } };
    graph.observe(job);
    graph.observe(elsewhere);
    assert.deepEqual(asked(), ['elsewhere pod', 'pod']);
    const { graph: reversed, asked: askedReversed } = setup();
    reversed.observe(elsewhere);
    reversed.observe(job);
    assert.deepEqual(askedReversed(), ['job', 'elsewhere pod', 'pod']);
    assert.deepEqual([reversed.get('job')?.namespace, reversed.get('job')?.virtual], ['default', false]);
  });

  it('knows of a reference that leads nowhere nothing about the owner, nor about those who refer to it in other words', () => {
    const { graph, asked } = setup();
    const wrong = { apiVersion: 'v1', kind: 'Pod', name: 'a', uid: 'job' };
    const right = pod().metadata.ownerReferences![0]!;
    const misled: KubeObject = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'default', name: 'misled', uid: 'misled', ownerReferences: [wrong] } };
    graph.observe(misled);
    graph.observe(pod());
    assert.deepEqual(asked(), ['job', 'pod']);
    graph.foundMissing({ ...wrong, namespace: 'default' });
    assert.deepEqual([asked(), graph.get('job')?.kind, graph.get('job')?.virtual], [['misled'], 'Job', true]);
    assert.deepEqual([graph.isAbsent(wrong, 'default'), graph.isAbsent(right, 'default'), graph.isAbsent(wrong, 'other')], [true, false, false]);
    graph.observe(job);
    graph.foundMissing({ ...wrong, namespace: 'default' });
    assert.deepEqual([asked(), graph.get('job')?.virtual], [['misled'], false]);
  });
});
