import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ControllerRevision } from '../../../api/types/apps/v1.ts';
import type { PodTemplateSpec } from '../../../api/types/core/v1.ts';
import { sameData, templatePatch } from './history.ts';

const template: PodTemplateSpec = {
  metadata: { labels: { name: 'a' }, annotations: {} },
  spec: { hostNetwork: false, containers: [{ name: 'c', image: 'i', args: ['a && b'], securityContext: {}, ports: [] }], terminationGracePeriodSeconds: 0 },
};
const revision = (data: object): ControllerRevision => ({ apiVersion: 'apps/v1', kind: 'ControllerRevision', metadata: { name: 'r' }, data: data as Record<string, unknown>, revision: 1 });

describe('what a revision keeps', () => {
  it('is to the byte what upstream writes of the same template', () => {
    assert.equal(JSON.stringify(templatePatch(template)), '{"spec":{"template":{"$patch":"replace","metadata":{"labels":{"name":"a"}},"spec":{"containers":[{"args":["a && b"],"image":"i","name":"c","resources":{},"securityContext":{}}],"terminationGracePeriodSeconds":0}}}}');
  });

  it('is the same when it was written otherwise, and another for another template', () => {
    const plain = revision({ spec: { template: { ...template, $patch: 'replace' } } });
    assert.ok(sameData(plain, revision(templatePatch(template))));
    assert.ok(!sameData(plain, revision(templatePatch({ ...template, metadata: { labels: { name: 'b' } } }))));
    assert.ok(!sameData(revision({ some: 'thing' }), revision({ other: 'thing' })), 'without templates');
  });
});
