import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { builtinSchema } from '../schema/table.ts';
import { withGoEmpties, withoutGoEmpties } from './go-empties.ts';

const schemaOf = (name: string) => builtinSchema.definition(`io.k8s.api.${name}`)!;
const service = schemaOf('core.v1.Service');
const deployment = schemaOf('apps.v1.Deployment');

describe('structs that Go writes empty', () => {
  it('are there for a patch, also below one another and in lists', () => {
    assert.deepEqual(withGoEmpties({ metadata: { name: 'a' } }, service), { metadata: { name: 'a' }, spec: {}, status: { loadBalancer: {} } });
    assert.deepEqual(withGoEmpties({ metadata: {}, spec: { selector: {}, template: { metadata: {}, spec: { containers: [{ name: 'c' }] } } }, status: {} }, deployment), {
      metadata: {}, spec: { selector: {}, strategy: {}, template: { metadata: {}, spec: { containers: [{ name: 'c', resources: {} }] } } }, status: {},
    });
  });

  it('go again where nothing came into them, and stay where they had been', () => {
    const before = { metadata: { name: 'a' }, spec: {} };
    assert.deepEqual(withoutGoEmpties(withGoEmpties(before, service), before, service), before);
    assert.deepEqual(withoutGoEmpties({ metadata: { name: 'a' }, spec: {}, status: { loadBalancer: {}, conditions: [] } }, before, service), { metadata: { name: 'a' }, spec: {}, status: { conditions: [] } });
  });
});
