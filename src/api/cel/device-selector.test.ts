import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deviceClassDefinition, resourceClaimDefinition } from '../groups/resource/claims.ts';
import { checkDeviceSelector, compileDeviceSelector } from './device-selector.ts';

test('selectors may name a part of a device to look at it more than once', () => {
  const matches = compileDeviceSelector("cel.bind(gpu, device.attributes['gpu.example.com'], gpu.cores == 8 && gpu.model.startsWith('a'))");
  assert.equal(matches({ name: 'd', attributes: { cores: { int: 8 }, model: { string: 'a100' } } }, 'gpu.example.com'), true);
});

test('selectors that make no sense, or cost too much, are refused when they are defined', () => {
  assert.equal(checkDeviceSelector("device.attributes['gpu.example.com'].model.startsWith('a')"), undefined);
  assert.deepEqual(checkDeviceSelector('device.driver'), { error: 'must evaluate to bool or the unknown type, not string', costly: false });
  assert.match(checkDeviceSelector('device.nope')?.error ?? '', /^compilation failed: ERROR: <input>:1:7: undefined field 'nope'/);
  const domains = 'device.attributes.all(a, device.attributes.all(b, device.attributes.all(c, device.attributes.all(d, a + b + c == d))))';
  assert.deepEqual(checkDeviceSelector(domains), { error: 'too complex, exceeds cost limit', costly: true });
});

test('claims and classes are told what is wrong with their selectors', async () => {
  const context = { nowMs: 0, user: { name: 'u', groups: [] } };
  const selectors = [{ cel: { expression: 'device.driver' } }];
  const error = { reason: 'FieldValueInvalid', message: 'Invalid value: "device.driver": must evaluate to bool or the unknown type, not string' };
  const deviceClass = { metadata: { name: 'c' }, spec: { selectors } };
  await deviceClassDefinition.load?.(deviceClass, undefined);
  assert.deepEqual(deviceClassDefinition.validate?.(deviceClass, context), [{ ...error, field: 'spec.selectors[0].cel.expression' }]);
  const claim = { metadata: { name: 'c' }, spec: { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'c', allocationMode: 'ExactCount', count: 1, selectors } }] } } };
  assert.deepEqual(resourceClaimDefinition.validate?.(claim, context), [{ ...error, field: 'spec.devices.requests[0].exactly.selectors[0].cel.expression' }]);
});
