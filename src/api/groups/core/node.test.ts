import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fields } from '../testing/kind.ts';
import { kindOf } from '../testing/kind.ts';
import { nodeDefinition } from './node.ts';

const kind = kindOf(nodeDefinition, {});

test('nodes: defaults, and what is dropped', () => {
  const made = kind.make({ spec: { podCIDRs: ['10.0.0.0/24'], configSource: { configMap: {} } }, status: { capacity: { cpu: '100u' }, config: {} } });
  assert.deepEqual([made.spec, made.status], [{ podCIDRs: ['10.0.0.0/24'], podCIDR: '10.0.0.0/24' }, { capacity: { cpu: '1m' }, allocatable: { cpu: '1m' } }]);
});

test('nodes: validation', () => {
  const tooMany = 'may specify no more than one CIDR for each IP family';
  const table: [Fields, string[]][] = [
    [{ spec: { podCIDRs: ['10.0.0.0/24', 'fd00::/64'], taints: [{ key: 'a', effect: 'NoSchedule' }, { key: 'a', effect: 'NoExecute' }] } }, []],
    [{ spec: { podCIDRs: ['10.0.0.0/24', '10.0.0.0/24'] } }, [`spec.podCIDRs: Invalid value: ["10.0.0.0/24","10.0.0.0/24"]: ${tooMany}`]],
    [{ spec: { podCIDRs: ['10.0.0.0/24', 'fd00::/64', 'fd01::/64'] } }, [`spec.podCIDRs: Invalid value: ["10.0.0.0/24","fd00::/64","fd01::/64"]: ${tooMany}`]],
    [{ spec: { taints: [{ key: 'a', value: '-' }] } }, ["metadata.taints[0].value: Invalid value: \"-\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')", 'metadata.taints[0].effect: Required value']],
    [{ status: { nodeInfo: { swap: { capacity: 0 } } } }, ['metadata.nodeSwapStatus.capacity: Invalid value: 0: must be greater than zero']],
  ];
  for (const [fields, expected] of table) assert.deepEqual(kind.errors(fields), expected, JSON.stringify(fields));
});

test('nodes: what an update may change', () => {
  const forbidden = 'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid';
  assert.deepEqual(kind.update({ spec: { podCIDRs: ['10.0.0.0/24', 'fd00::/64'], providerID: 'a' } }, { spec: { podCIDRs: ['10.1.0.0/24', 'fd01::/64'], providerID: 'b', externalID: 'c' } }), [
    forbidden, forbidden, 'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid', 'spec.externalID: Forbidden: may not be updated']);
  assert.deepEqual(kind.update({}, { spec: { podCIDRs: ['10.0.0.0/24'], providerID: 'a', unschedulable: true } }), []);
  const address = { type: 'InternalIP', address: '10.0.0.1' };
  assert.deepEqual(kind.update({}, { status: { addresses: [address, address] } }, 'status'), ['status.addresses[1]: Duplicate value: {"Type":"InternalIP","Address":"10.0.0.1"}']);
  // The taints of a changed node are looked at twice.
  assert.deepEqual(kind.update({}, { spec: { taints: [{ key: 'a', effect: 'x' }] } }), Array<string>(2).fill('metadata.taints[0].effect: Unsupported value: "x": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"'));
});

test('nodes: features, warnings, the kernel', () => {
  const at = 'status.declaredFeatures';
  const wrong = "must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes";
  const features = (...declaredFeatures: string[]) => ({ status: { declaredFeatures } });
  assert.deepEqual(kind.errors(features('A', 'A/b', 'B')), []);
  assert.deepEqual(kind.errors(features('B', 'A', 'A', 'c')), [`${at}[1]: Invalid value: "A": list must be sorted alphabetically`, `${at}[2]: Duplicate value: "A"`, `${at}[3]: Invalid value: "c": invalid feature name "c": ${wrong}`]);
  assert.deepEqual(kind.update(features('A'), features('b'), 'status'), [`${at}[0]: Invalid value: "b": invalid feature name "b": ${wrong}`]);
  assert.deepEqual(kind.warnings({ spec: { externalID: 'x', podCIDRs: ['10.0.0.1/8'] } }), ['spec.externalID: this field is deprecated, and is unused by Kubernetes', 'spec.podCIDRs[0]: CIDR value "10.0.0.1/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.0.0.1/32"?)']);
  const kernel = (nodeInfo: object): unknown => kind.cells({ status: { nodeInfo } })[8];
  assert.deepEqual([kernel({ kernelVersion: '6.1', architecture: 'arm64' }), kernel({ kernelVersion: '6.1' }), kernel({})], ['6.1 (arm64)', '6.1', '<unknown>']);
});
