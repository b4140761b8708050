import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatTime } from '../../../base/clock.ts';
import { context, kindOf } from '../testing/kind.ts';
import type { Fields } from '../testing/kind.ts';
import * as resource from './resource.ts';

const claim = kindOf(resource.resourceClaimDefinition);
const exactly = { deviceClassName: 'c' };
const request = (fields: Fields = {}): Fields => ({ name: 'r', exactly, ...fields });
const claimOf = (devices: Fields): Fields => ({ spec: { devices } });
const asked = (fields: Fields): Fields => claimOf({ requests: [request(fields)] });
const req = 'spec.devices.requests[0]';
const dnsLabel = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const reference = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";

const claims: readonly (readonly [name: string, fields: Fields, ...errors: string[]])[] = [
  ['a good one', claimOf({ requests: [request(), { name: 's', firstAvailable: [{ name: 'a', ...exactly }] }], constraints: [{ requests: ['r', 's/a'], matchAttribute: 'a.b/c' }], config: [{ requests: ['s'], opaque: { driver: 'D.e', parameters: { a: 1 } } }] })],
  ['no kind of request', asked({ exactly: undefined }), `${req}: Required value: exactly one of \`exactly\` or \`firstAvailable\` is required`],
  ['both kinds', asked({ firstAvailable: [{}] }), `${req}: Invalid value: null: exactly one of \`exactly\` or \`firstAvailable\` is required, but multiple fields are set`],
  ['names', claimOf({ requests: [request(), request(), request({ name: 'A' })] }), `spec.devices.requests[2].name: Invalid value: "A": ${dnsLabel}`, 'spec.devices.requests[1]: Duplicate value: "r"'],
  ['no class', asked({ exactly: { selectors: [{}] } }), `${req}.exactly.deviceClassName: Required value`, `${req}.exactly.selectors[0].cel: Required value`],
  ['numbers', asked({ exactly: { ...exactly, allocationMode: 'All', count: 2 } }), `${req}.exactly.count: Invalid value: 2: must not be specified when allocationMode is 'All'`],
  ['less than one', asked({ exactly: { ...exactly, count: -1 } }), `${req}.exactly.count: Invalid value: -1: must be greater than zero`],
  ['modes', asked({ exactly: { ...exactly, allocationMode: 'x' } }), `${req}.exactly.allocationMode: Unsupported value: "x": supported values: "All", "ExactCount"`],
  ['tolerations', asked({ exactly: { ...exactly, tolerations: [{ operator: 'Exists', value: 'x' }, { key: 'a', operator: 'y', effect: 'z' }, {}] } }), `${req}.exactly.tolerations[0].value: Invalid value: "x": must be empty for operator \`Exists\``, `${req}.exactly.tolerations[1].operator: Unsupported value: "y": supported values: "Equal", "Exists"`, `${req}.exactly.tolerations[1].effect: Unsupported value: "z": supported values: "NoExecute", "NoSchedule", "None"`, `${req}.exactly.tolerations[2].operator: Required value`],
  ['too many', claimOf({ requests: Array.from({ length: 33 }, (_, i) => request({ name: `r${i}` })) }), 'spec.devices.requests: Too many: 33: must have at most 32 items'],
  ['constraints', claimOf({ requests: [request()], constraints: [{ requests: ['x', 'r/a/b'] }, { matchAttribute: 'a' }] }), `spec.devices.constraints[0].requests[0]: Invalid value: "x": ${reference}`, `spec.devices.constraints[0].requests[1]: Invalid value: "r/a/b": ${reference}`, 'spec.devices.constraints[0]: Required value: exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set', 'spec.devices.constraints[1].matchAttribute: Invalid value: "a": a fully qualified name must be a domain and a name separated by a slash'],
  ['configuration', claimOf({ config: [{}, { opaque: {} }, { opaque: { driver: 'd', parameters: [] } }] }), 'spec.devices.config[0].opaque: Required value', 'spec.devices.config[1].opaque.driver: Required value', 'spec.devices.config[1].opaque.parameters: Required value', 'spec.devices.config[2].opaque.parameters: Invalid value: "<value omitted>": must be a valid JSON object'],
];
for (const [name, fields, ...expected] of claims) test(`resource claim: ${name}`, () => assert.deepEqual(claim.errors(fields), expected));

test('resource claims: what is wanted does not change; status', () => {
  assert.deepEqual(claim.make(asked({})).spec.devices?.requests?.[0]?.exactly, { deviceClassName: 'c', allocationMode: 'ExactCount', count: 1 });
  assert.equal(claim.update(asked({}), asked({ name: 's' })).length, 1);
  const result = { request: 'r', driver: 'd', pool: 'p', device: 'x' };
  const status = (fields: Fields): Fields => ({ ...asked({}), status: fields });
  const allocated = { allocation: { devices: { results: [result] } } };
  const table: readonly (readonly [Fields, ...string[]])[] = [
    [{ ...allocated, reservedFor: [{ resource: 'pods', name: 'p', uid: 'u' }], devices: [{ driver: 'd', pool: 'p', device: 'x', networkData: { ips: ['10.0.0.1/8'] } }] }],
    [{ reservedFor: [{}] }, 'status.reservedFor[0].resource: Required value', 'status.reservedFor[0].name: Required value', 'status.reservedFor[0].uid: Required value', 'status.reservedFor: Forbidden: may not be specified when `allocated` is not set'],
    [{ allocation: { devices: { results: [{ ...result, request: 'y', pool: '' }] } } }, `status.allocation.devices.results[0].request: Invalid value: "y": ${reference}`, 'status.allocation.devices.results[0].pool: Required value'],
    [{ allocation: { devices: { results: [{ ...result, bindingConditions: ['a'], shareID: 'x' }] } } }, 'status.allocation.devices.results[0].bindingFailureConditions: Invalid value: null: bindingFailureConditions are required to use bindingConditions', 'status.allocation.devices.results[0].shareID: Invalid value: "x": error validating uid: invalid UUID length: 1'],
    [{ ...allocated, devices: [{ driver: 'd', pool: 'p', device: 'z', networkData: { ips: ['1'] } }] }, 'status.devices[0]: Invalid value: {"Driver":"d","Pool":"p","Device":"z","ShareID":""}: must be an allocated device in the claim', 'status.devices[0].networkData.ips[0]: Invalid value: "1": must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)'],
  ];
  for (const [fields, ...expected] of table) assert.deepEqual(claim.update(asked({}), status(fields), 'status'), expected);
  assert.equal(claim.update(status(allocated), status({ allocation: { devices: { results: [{ ...result, device: 'y' }] } } }), 'status').length, 1);
  const device = { driver: 'd', pool: 'p', device: 'x' };
  assert.deepEqual(claim.updated(status({ ...allocated, devices: [device] }), status({ devices: [device] }), 'status').status, {});
  assert.deepEqual([claim.cells(asked({}))[1], claim.cells(status({ ...allocated, reservedFor: [{}] }))[1]], ['pending', 'allocated,reserved']);
});

test('claim templates and device classes', () => {
  const template = kindOf(resource.resourceClaimTemplateDefinition);
  assert.deepEqual(template.errors({ spec: { metadata: { name: 'x', labels: { a: 'b' } }, spec: { devices: { requests: [{ name: 'r' }] } } } }), ['spec.metadata.name: Forbidden: cannot be set', 'spec.spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required']);
  const deviceClass = kindOf(resource.deviceClassDefinition);
  assert.deepEqual(deviceClass.errors({ spec: { selectors: [{ cel: { expression: 'x'.repeat(10_241) } }], config: [{}], extendedResourceName: 'cpu' } }), ['spec.selectors[0].cel.expression: Too long: may not be more than 10240 bytes', 'spec.config[0].opaque: Required value', 'spec.extendedResourceName: Invalid value: "cpu": must be a valid extended resource name']);
  assert.deepEqual(deviceClass.errors({ spec: { extendedResourceName: 'example.com/gpu' } }), []);
});

const slice = kindOf(resource.resourceSliceDefinition);
const spec = (fields: Fields = {}): Fields => ({ spec: { driver: 'd', pool: { name: 'p', resourceSliceCount: 1 }, nodeName: 'n', ...fields } });
const device = (fields: Fields): Fields => spec({ devices: [{ name: 'x', ...fields }] });
const dev = 'spec.devices[0]';
const choice = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required';
const capacity = (requestPolicy: Fields): Fields => device({ allowMultipleAllocations: true, capacity: { a: { value: '10', requestPolicy } } });
const policy = `${dev}.capacity[a].requestPolicy`;

const slices: readonly (readonly [name: string, fields: Fields, ...errors: string[]])[] = [
  ['a good one', device({ attributes: { a: { string: 'x' }, 'b.c/d': { version: '1.2.3-rc.1' } }, capacity: { m: { value: '1Gi' } } })],
  ['a pool', spec({ driver: '', pool: { name: 'a//b', generation: -1 } }), 'spec.driver: Required value', `spec.pool.name: Invalid value: "": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`, 'spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero', 'spec.pool.generation: Invalid value: -1: must be greater than or equal to zero'],
  ['no nodes', spec({ nodeName: undefined }), `spec: Required value: ${choice}`],
  ['nodes in two ways', spec({ allNodes: true, perDeviceNodeSelection: false }), 'spec.perDeviceNodeSelection: Invalid value: false: must be either unset or set to true', `spec: Invalid value: "{\`nodeName\`, \`allNodes\`}": ${choice}, but multiple fields are set`],
  ['counters', spec({ sharedCounters: [{}, { name: 'c', counters: { A: { value: '1' } } }] }), 'spec.sharedCounters[0].name: Required value', 'spec.sharedCounters[0].counters: Required value', `spec.sharedCounters[1].counters: Invalid value: "A": ${dnsLabel}`],
  ['attributes', device({ attributes: { 'a-b': {}, 'x/': { bool: true, int: 1 }, v: { version: '1' } } }), `${dev}.attributes: Invalid value: "a-b": a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '[A-Za-z_][A-Za-z0-9_]*')`, `${dev}.attributes[a-b]: Invalid value: "": exactly one value must be specified`, `${dev}.attributes: Invalid value: "": the name must not be empty`, `${dev}.attributes[x/]: Invalid value: {"bool":true,"int":1}: exactly one value must be specified`, `${dev}.attributes[v].version: Invalid value: "1": must be a string compatible with semver.org spec 2.0.0`],
  ['a policy for one', device({ capacity: { a: { value: '1', requestPolicy: {} } } }), `${policy}: Forbidden: allowMultipleAllocations must be true`],
  ['values', capacity({ default: '3', validValues: ['4', '2', '20'] }), `${policy}.validValues[1]: Invalid value: "2": values must be sorted in ascending order`, `${policy}.validValues[2]: Invalid value: "20": option is larger than capacity value: 10`, `${policy}.validValues: Invalid value: "3": default value is not valid according to the requestPolicy`],
  ['a range', capacity({ default: '2', validRange: { min: '3', max: '11', step: '4' } }), `${policy}.validRange.min: Invalid value: "2": default is less than min: 3`, `${policy}.validRange.max: Invalid value: "11": max is larger than capacity value: 10`, `${policy}.validRange.step: Invalid value: "2": value is not a multiple of a given step (4) from (3)`],
  ['taints', device({ taints: [{ effect: 'x' }] }), `${dev}.taints[0].key: Invalid value: "": name part must be non-empty`, `${dev}.taints[0].key: Invalid value: "": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`, `${dev}.taints[0].effect: Unsupported value: "x": supported values: "NoExecute", "NoSchedule", "None"`],
  ['nodes of a device', device({ allNodes: true }), `${dev}: Invalid value: null: \`nodeName\`, \`nodeSelector\` and \`allNodes\` can only be set if \`perDeviceNodeSelection\` is set to true in the ResourceSlice spec`],
  ['no nodes of a device', { spec: { ...(device({})['spec'] as Fields), nodeName: undefined, perDeviceNodeSelection: true } }, `${dev}: Required value: exactly one of \`nodeName\`, \`nodeSelector\`, or \`allNodes\` is required when \`perDeviceNodeSelection\` is set to true in the ResourceSlice spec`],
];
for (const [name, fields, ...expected] of slices) test(`resource slice: ${name}`, () => assert.deepEqual(slice.errors(fields), expected));

test('resource slices', () => {
  assert.deepEqual(slice.update(spec(), spec({ driver: 'e', nodeName: 'm' })), ['spec.driver: Invalid value: "e": field is immutable', 'spec.nodeName: Invalid value: "m": field is immutable']);
  assert.deepEqual(slice.warnings(spec({ driver: 'D' })), ['spec.driver: driver names should be lowercase; "D" contains uppercase characters']);
  assert.deepEqual(slice.make(device({ taints: [{}], nodeAllocatableResourceMappings: {}, attributes: { a: { bools: [true] } } })).spec.devices, [{ name: 'x', taints: [{ timeAdded: formatTime(context.nowMs) }], attributes: { a: {} } }]);
  assert.deepEqual(slice.cells(spec()), ['a', 'n', 'd', 'p', '60m']);
});

test('device taint rules and requests for the state of pools', () => {
  const rule = kindOf(resource.deviceTaintRuleDefinition);
  const taint = (fields: Fields): Fields => ({ spec: { taint: { key: 'k', effect: 'NoSchedule', ...fields } } });
  assert.deepEqual(rule.errors({ spec: { deviceSelector: { driver: '', device: 'A' }, taint: { key: 'k' } } }), ['spec.deviceSelector.driver: Required value', `spec.deviceSelector.device: Invalid value: "A": ${dnsLabel}`, 'spec.taint.effect: Required value']);
  const old = { timeAdded: '2020-01-01T00:00:00Z' };
  assert.equal(rule.updated(taint(old), taint({ ...old, effect: 'NoExecute' })).spec.taint.timeAdded, formatTime(context.nowMs));
  assert.equal(rule.updated(taint(old), taint(old)).spec.taint.timeAdded, old.timeAdded);
  assert.deepEqual(rule.cells(taint({ value: 'v', timeAdded: '2026-01-01T00:30:00Z' })), ['a', 'k', 'v', 'NoSchedule', '30m', '60m']);
  const pools = kindOf(resource.resourcePoolStatusRequestDefinition);
  assert.equal(pools.make({ spec: { driver: 'd' } }).spec.limit, 100);
  assert.deepEqual(pools.errors({ spec: { poolName: '', limit: 1001 } }), ['spec.driver: Required value', 'spec.poolName: Required value', 'spec.limit: Invalid value: 1001: must be less than or equal to 1000']);
  assert.equal(pools.update({ spec: { driver: 'd' } }, { spec: { driver: 'e' } }).length, 1);
  const done = { conditions: [{ type: 'Complete', status: 'True', reason: 'R', lastTransitionTime: '2026-01-01T00:30:00Z' }], poolCount: 2, pools: [{ totalDevices: 3, validationError: 'x' }] };
  assert.deepEqual(pools.cells({ spec: { driver: 'd' }, status: done }), ['a', 'd', '3', '0', '0', '0', '1', 2, 'Complete (1/2 pools)', '30m']);
  assert.deepEqual(pools.cells({ spec: { driver: 'd' } }), ['a', 'd', '-', '-', '-', '-', '-', 0, 'Pending', '<none>']);
});
