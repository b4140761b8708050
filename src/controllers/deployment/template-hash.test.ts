import assert from 'node:assert/strict';
import { it } from 'node:test';
import { newSetAnnotations, revisionAnnotation, revisionHistoryAnnotation } from './annotations.ts';
import { podTemplateHash } from '../common/history/hash.ts';
import { equalIgnoringHash } from './template-hash.ts';

it('a template hash is stable, safe in names, and changes with collisions', () => {
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } };
  const reordered = { spec: { containers: [{ image: 'nginx', name: 'c' }] }, metadata: { labels: { app: 'web' } } };
  assert.equal(podTemplateHash(template, undefined), podTemplateHash(reordered, undefined));
  assert.match(podTemplateHash(template, undefined), /^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
  assert.notEqual(podTemplateHash(template, undefined), podTemplateHash(template, 1));
});

it('the hash label does not make templates differ', () => {
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c' }] } };
  const labelled = { metadata: { labels: { app: 'web', 'pod-template-hash': 'x' } }, spec: { containers: [{ name: 'c' }] } };
  assert.equal(equalIgnoringHash(template, labelled), true);
  assert.equal(equalIgnoringHash(template, { ...labelled, spec: { containers: [{ name: 'd' }] } }), false);
});

it('a set that is rolled back to keeps its former revisions', () => {
  const deployment = { metadata: { annotations: { note: 'x', 'kubectl.kubernetes.io/last-applied-configuration': '{}', [revisionAnnotation]: '2' } } };
  assert.deepEqual(newSetAnnotations(deployment, undefined, 1n), { note: 'x', [revisionAnnotation]: '1' });
  assert.deepEqual(newSetAnnotations(deployment, { [revisionAnnotation]: '1', [revisionHistoryAnnotation]: '1' }, 3n), { note: 'x', [revisionAnnotation]: '3', [revisionHistoryAnnotation]: '1,1' });
  assert.deepEqual(newSetAnnotations(deployment, { [revisionAnnotation]: '5' }, 3n), { note: 'x', [revisionAnnotation]: '5' });
});
