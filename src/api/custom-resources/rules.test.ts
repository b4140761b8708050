import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CompiledWidget } from './testing/compiled.ts';

const widget = await CompiledWidget.of({
  type: 'object',
  properties: {
    spec: {
      type: 'object', required: ['name'],
      properties: { name: { type: 'string' }, min: { type: 'integer', default: 1 }, max: { type: 'integer', maximum: 10 }, fixed: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'is fixed' }] } },
      'x-kubernetes-validations': [{ rule: '!has(self.max) || self.min <= self.max', messageExpression: '"%d is more than %d".format([self.min, self.max])', fieldPath: '.min' }],
    },
    status: { type: 'object', properties: { n: { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self >= oldSelf' }] } } },
  },
}, { subresources: { status: {} } });
const unchecked = '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';

test('rules of custom resources: new objects', () => {
  assert.deepEqual(widget.errors({ spec: { name: 'a', min: 1, max: 2, fixed: 'x' } }), []);
  assert.deepEqual(widget.errors({ spec: { name: 'a', min: 3, max: 2 } }), ['spec.min: Invalid value: 3 is more than 2']);
});

test('rules of custom resources: they are not asked about values of a wrong type, but about others that are wrong', () => {
  assert.deepEqual(widget.errors({ spec: { min: 3, max: 2 } }), ['spec.name: Required value', unchecked]);
  assert.deepEqual(widget.errors({ spec: { name: 'a', min: '3' } }), ['spec.min: Invalid value: "string": spec.min in body must be of type integer: "string"', unchecked]);
  assert.deepEqual(widget.errors({ spec: { name: 'a', min: 12, max: 11 } }), ['spec.max: Invalid value: 11: spec.max in body should be less than or equal to 10', 'spec.min: Invalid value: 12 is more than 11']);
});

test('rules of custom resources: updates, and what has not changed', () => {
  assert.deepEqual(widget.update({ spec: { name: 'a', min: 1, fixed: 'x' } }, { spec: { name: 'a', min: 1, fixed: 'y' } }), ['spec.fixed: Invalid value: "y": is fixed']);
  assert.deepEqual(widget.update({ spec: { name: 'a', min: 3, max: 2 } }, { spec: { name: 'a', min: 3, max: 2 }, extra: 1 }), []);
  assert.deepEqual(widget.update({ spec: { name: 'a' }, status: { n: 2 } }, { spec: { name: 'a' }, status: { n: 1 } }, 'status'), ['status.n: Invalid value: 1: failed rule: self >= oldSelf']);
});
