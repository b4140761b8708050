import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileDeviceSelector } from '../../../api/cel/device-selector.ts';
import type { Node } from '../../../api/types/core/v1.ts';
import type { Device, DeviceClaim, DeviceClass, ExactDeviceRequest, ResourceClaim, ResourceSlice, ResourceSliceSpec } from '../../../api/types/resource/v1.ts';
import { devicesInUse } from '../../devices/devices-in-use.ts';
import { Pools } from '../../devices/pools.ts';
import { Allocator } from './allocator.ts';
import { withShares } from './allocation-result.ts';

const driver = 'driver-a';
const node: Node = { metadata: { name: 'here', labels: { zone: 'z' } } };
let slices = 0;

function slice(spec: Partial<ResourceSliceSpec> = {}, name = `slice-${String(slices++).padStart(3, '0')}`): ResourceSlice {
  return { apiVersion: 'resource.k8s.io/v1', kind: 'ResourceSlice', metadata: { name }, spec: { driver, pool: { name: 'pool', generation: 1, resourceSliceCount: 1 }, ...(spec.allNodes === undefined && spec.nodeSelector === undefined && spec.perDeviceNodeSelection === undefined && { nodeName: 'here' }), ...spec } };
}

const device = (name: string, more: Partial<Device> = {}): Device => ({ name, ...more });
const exactly = (name: string, more: Partial<ExactDeviceRequest> = {}): NonNullable<DeviceClaim['requests']>[number] => ({ name, exactly: { deviceClassName: 'class', allocationMode: 'ExactCount', count: 1, ...more } });
const claim = (devices: DeviceClaim, name = 'c'): ResourceClaim => ({ apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaim', metadata: { namespace: 'default', name, uid: name }, spec: { devices } });
const deviceClass: DeviceClass = { metadata: { name: 'class' }, spec: {} };
const counter = (value: string): { value: string } => ({ value });
const takes = (value: string): Partial<Device> => ({ consumesCounters: [{ counterSet: 'set', counters: { memory: counter(value) } }] });
const set = { name: 'set', counters: { memory: counter('18Gi') } };
const partitions = (devices: Device[], more: Partial<ResourceSliceSpec> = {}): ResourceSlice[] => {
  const pool = { name: 'pool', generation: 1, resourceSliceCount: 2 };
  return [slice({ pool, sharedCounters: [set] }), slice({ pool, devices, ...more })];
};
const shared = (name: string, value: string, requestPolicy?: NonNullable<Device['capacity']>[string]['requestPolicy']): Device => ({ name, allowMultipleAllocations: true, capacity: { memory: { value, ...(requestPolicy !== undefined && { requestPolicy }) } } });
const asks = (memory: string): Partial<ExactDeviceRequest> => ({ capacity: { requests: { memory } } });

interface Case {
  readonly claims: readonly DeviceClaim[];
  readonly slices: readonly ResourceSlice[];
  readonly classes?: readonly DeviceClass[];
  /** `pool/device` that somebody has, or `pool/device=amount` of what several may have. */
  readonly inUse?: readonly string[];
  /** What each claim gets, `request=pool/device[:amount]`; else why not. */
  readonly expected: readonly (readonly string[])[] | string;
}

function allocate({ claims, slices: some, classes = [deviceClass], inUse = [] }: Case): ReturnType<Allocator['allocate']> {
  const results = inUse.map((one) => {
    const [id = '', amount] = one.split('=');
    const [pool = '', name = ''] = id.split('/');
    return { request: 'r', driver, pool, device: name, ...(amount !== undefined && { shareID: 's', consumedCapacity: { memory: amount } }) };
  });
  return new Allocator(claims.map((one, i) => claim(one, `c${i}`)), {
    node, pools: new Pools(some), inUse: devicesInUse([{ devices: { results } }]),
    devices: {
      classOf: (name) => classes.find(({ metadata }) => metadata.name === name),
      matches: (one, selectors) => (selectors ?? []).every(({ cel }) => compileDeviceSelector(cel?.expression ?? '')(one.device, one.driver)),
    },
  }).allocate();
}

function outcome(one: Case): readonly (readonly string[])[] | string {
  let found: ReturnType<Allocator['allocate']>;
  try {
    found = allocate(one);
  } catch (error) {
    return (error as Error).message;
  }
  if (typeof found === 'string') return found;
  return found.map(({ devices }) => (devices?.results ?? []).map(({ request, pool, device: name, consumedCapacity }) => `${request}=${pool}/${name}${consumedCapacity === undefined ? '' : `:${Object.values(consumedCapacity).join()}`}`));
}

const none = 'cannot allocate all claims';
const firstAvailable = (...counts: readonly number[]): NonNullable<DeviceClaim['requests']>[number] => ({ name: 'r', firstAvailable: counts.map((count, i) => ({ name: `s${i}`, deviceClassName: 'class', allocationMode: 'ExactCount', count })) });
const numbered = (count: number): Device[] => Array.from({ length: count }, (_, i) => device(`d${String(i).padStart(2, '0')}`));

const cases: Readonly<Record<string, Case>> = {
  'pools in the order of their names, and their slices too': { claims: [{ requests: [exactly('r', { count: 3 })] }], slices: [slice({ pool: { name: 'b', generation: 1, resourceSliceCount: 1 }, devices: [device('x')] }), slice({ pool: { name: 'a', generation: 1, resourceSliceCount: 2 }, devices: [device('z')] }, 'two'), slice({ pool: { name: 'a', generation: 1, resourceSliceCount: 2 }, devices: [device('y')] }, 'one')], expected: [['r=a/y', 'r=a/z', 'r=b/x']] },
  'those that have to be made ready last': { claims: [{ requests: [exactly('r', { count: 2 })] }], slices: [slice({ pool: { name: 'a', generation: 1, resourceSliceCount: 1 }, devices: [device('x', { bindingConditions: ['Ready'], bindingFailureConditions: ['Failed'] })] }), slice({ pool: { name: 'b', generation: 1, resourceSliceCount: 1 }, devices: [device('y')] })], expected: [['r=b/y', 'r=a/x']] },
  'of the newest generation': { claims: [{ requests: [exactly('r')] }], slices: [slice({ devices: [device('old')] }), slice({ pool: { name: 'pool', generation: 2, resourceSliceCount: 1 }, devices: [device('new')] })], expected: [['r=pool/new']] },
  'none of a pool in which two have one name': { claims: [{ requests: [exactly('r')] }], slices: [slice({ devices: [device('x'), device('x')] })], expected: 'invalid resource pools were encountered' },
  'of a valid pool beside an invalid one': { claims: [{ requests: [exactly('r')] }], slices: [slice({ devices: [device('x'), device('x')] }), slice({ pool: { name: 'other', generation: 1, resourceSliceCount: 1 }, devices: [device('y')] })], expected: [['r=other/y']] },
  'all, but not while a pool is being written': { claims: [{ requests: [exactly('r', { allocationMode: 'All' })] }], slices: [slice({ pool: { name: 'pool', generation: 1, resourceSliceCount: 2 }, devices: [device('x')] })], expected: 'claim default/c0, request r: asks for all devices, but resource pool driver-a/pool is currently being updated' },
  'all, but not of an invalid pool': { claims: [{ requests: [exactly('r', { allocationMode: 'All' })] }], slices: [slice({ devices: [device('x'), device('x')] })], expected: 'claim default/c0, request r: asks for all devices, but resource pool driver-a/pool is currently invalid' },
  'all: none is not all': { claims: [{ requests: [exactly('r', { allocationMode: 'All' })] }], slices: [slice({ devices: [] })], expected: none },
  'all, one of which somebody has': { claims: [{ requests: [exactly('r', { allocationMode: 'All' })] }], slices: [slice({ devices: [device('x'), device('y')] })], inUse: ['pool/y'], expected: none },
  'all, one of which is tainted': { claims: [{ requests: [exactly('r', { allocationMode: 'All' })] }], slices: [slice({ devices: [device('x'), device('y', { taints: [{ key: 'k', effect: 'NoSchedule' }] })] })], expected: none },
  'all, though they have not in common what they should': { claims: [{ requests: [exactly('r', { allocationMode: 'All' })], constraints: [{ matchAttribute: 'driver-a/numa' }] }], slices: [slice({ devices: [device('x', { attributes: { numa: { int: 1 } } }), device('y', { attributes: { numa: { int: 2 } } })] })], expected: 'claim default/c0, request r: cannot add device driver-a/pool/y because a claim constraint would not be satisfied' },
  'tainted ones that are tolerated': { claims: [{ requests: [exactly('r', { count: 2, tolerations: [{ key: 'k', operator: 'Exists', effect: 'NoSchedule' }] })] }], slices: [slice({ devices: [device('x', { taints: [{ key: 'k', effect: 'NoSchedule' }] }), device('no', { taints: [{ key: 'k', effect: 'NoExecute' }] }), device('y', { taints: [{ key: 'other', effect: 'None' }] })] })], expected: [['r=pool/x', 'r=pool/y']] },
  'across claims, trying again': { claims: [{ requests: [exactly('r')] }, { requests: [exactly('r', { selectors: [{ cel: { expression: 'device.attributes["driver-a"].big' } }] })] }], slices: [slice({ devices: [device('big', { attributes: { big: { bool: true } } }), device('small', { attributes: { big: { bool: false } } })] })], expected: [['r=pool/small'], ['r=pool/big']] },
  'with a constraint for some requests only': { claims: [{ requests: [exactly('a'), exactly('b'), exactly('c')], constraints: [{ requests: ['a', 'c'], matchAttribute: 'driver-a/numa' }] }], slices: [slice({ devices: [1, 2, 1].map((int, i) => device(`d${i}`, { attributes: { numa: { int } } })) })], expected: [['a=pool/d0', 'b=pool/d1', 'c=pool/d2']] },
  'too many for a claim': { claims: [{ requests: [exactly('r', { count: 32 }), exactly('s')] }], slices: [slice({ devices: numbered(40) })], expected: 'claim default/c0: number of requested devices 33 exceeds the claim limit of 32' },
  'by an alternative that leaves room for the others': { claims: [{ requests: [{ ...firstAvailable(30, 1), name: 'a' }, exactly('b', { count: 5 })] }], slices: [slice({ devices: numbered(40) })], expected: [['a/s1=pool/d00', ...[1, 2, 3, 4, 5].map((i) => `b=pool/d0${i}`)]] },
  'by the first alternative that there is': { claims: [{ requests: [firstAvailable(3, 2)] }], slices: [slice({ devices: numbered(2) })], expected: [['r/s1=pool/d00', 'r/s1=pool/d01']] },
  'of a class that is not there': { claims: [{ requests: [exactly('r')] }], slices: [], classes: [], expected: 'claim default/c0, request r: could not retrieve device class class: deviceclass.resource.k8s.io "class" not found' },
  'from a slice that says of each device where it is': { claims: [{ requests: [exactly('r', { allocationMode: 'All' })] }], slices: [slice({ perDeviceNodeSelection: true, devices: [device('here', { nodeName: 'here' }), device('there', { nodeName: 'there' }), device('zone', { nodeSelector: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['z'] }] }] } }), device('anywhere', { allNodes: true })] })], expected: [['r=pool/here', 'r=pool/zone', 'r=pool/anywhere']] },
  'for administrators, whoever has them, each once a claim': { claims: [{ requests: [exactly('r', { adminAccess: true }), exactly('s', { adminAccess: true })] }, { requests: [exactly('r', { adminAccess: true, count: 2 })] }], slices: [slice({ devices: [device('x'), device('y')] })], inUse: ['pool/x', 'pool/y'], expected: [['r=pool/x', 's=pool/y'], ['r=pool/x', 'r=pool/y']] },
  'parts of one piece of hardware, as long as it lasts': { claims: [{ requests: [exactly('r', { count: 2 })] }], slices: partitions([device('all', takes('18Gi')), device('a', takes('9Gi')), device('b', takes('9Gi'))]), expected: [['r=pool/a', 'r=pool/b']] },
  'not more than the hardware has': { claims: [{ requests: [exactly('r', { count: 3 })] }], slices: partitions([device('a', takes('8Gi')), device('b', takes('8Gi')), device('c', takes('8Gi'))]), expected: none },
  'not what others have taken the hardware of, on other nodes too': { claims: [{ requests: [exactly('r')] }], slices: partitions([device('elsewhere', { nodeName: 'there', ...takes('12Gi') }), device('here', { nodeName: 'here', ...takes('8Gi') })], { perDeviceNodeSelection: true }), inUse: ['pool/elsewhere'], expected: none },
  'none whose counters there are not': { claims: [{ requests: [exactly('r')] }], slices: partitions([device('a', { consumesCounters: [{ counterSet: 'other', counters: {} }, { counterSet: 'set', counters: { other: counter('1') } }] })]), expected: 'invalid resource pools were encountered' },
  'parts of what several may have': { claims: [{ requests: [exactly('a', asks('3Gi'))] }, { requests: [exactly('b', asks('4Gi'))] }], slices: [slice({ devices: [shared('x', '8Gi')] })], expected: [['a=pool/x:3Gi'], ['b=pool/x:4Gi']] },
  'parts, beside those of others': { claims: [{ requests: [exactly('a', asks('3Gi'))] }], slices: [slice({ devices: [shared('x', '8Gi'), shared('y', '4Gi')] })], inUse: ['pool/x=6Gi'], expected: [['a=pool/y:3Gi']] },
  'all of what nothing is asked of': { claims: [{ requests: [exactly('a')] }, { requests: [exactly('b')] }], slices: [slice({ devices: [shared('x', '8Gi')] })], expected: none },
  'so much by default': { claims: [{ requests: [exactly('a')] }, { requests: [exactly('b')] }], slices: [slice({ devices: [shared('x', '8Gi', { default: '4Gi' })] })], expected: [['a=pool/x:4Gi'], ['b=pool/x:4Gi']] },
  'by steps': { claims: [{ requests: [exactly('a', asks('3Gi'))] }, { requests: [exactly('b', asks('1Mi'))] }], slices: [slice({ devices: [shared('x', '8Gi', { default: '2Gi', validRange: { min: '2Gi', step: '2Gi' } })] })], expected: [['a=pool/x:4Gi'], ['b=pool/x:2Gi']] },
  'no more than one may take': { claims: [{ requests: [exactly('a', asks('5Gi'))] }], slices: [slice({ devices: [shared('x', '8Gi', { default: '2Gi', validRange: { min: '2Gi', max: '4Gi' } })] })], expected: none },
  'the next larger of what there is': { claims: [{ requests: [exactly('a', asks('3Gi'))] }], slices: [slice({ devices: [shared('x', '8Gi', { default: '2Gi', validValues: ['2Gi', '4Gi'] })] })], expected: [['a=pool/x:4Gi']] },
  'none that has not got what is asked for': { claims: [{ requests: [exactly('a', { capacity: { requests: { disk: '1Gi' } } })] }], slices: [slice({ devices: [shared('x', '8Gi')] })], expected: none },
  'whole ones that are large enough': { claims: [{ requests: [exactly('a', asks('8Gi'))] }], slices: [slice({ devices: [device('small', { capacity: { memory: { value: '4Gi' } } }), device('large', { capacity: { memory: { value: '16Gi' } } })] })], expected: [['a=pool/large']] },
  'the same by several requests of a claim, if they may': { claims: [{ requests: [exactly('a', asks('1Gi')), exactly('b', asks('1Gi'))] }], slices: [slice({ devices: [shared('x', '2Gi'), shared('y', '2Gi')] })], expected: [['a=pool/x:1Gi', 'b=pool/x:1Gi']] },
  'different ones, where that is wanted': { claims: [{ requests: [exactly('a', asks('1Gi')), exactly('b', asks('1Gi'))], constraints: [{ distinctAttribute: 'driver-a/id' }] }], slices: [slice({ devices: [{ ...shared('x', '2Gi'), attributes: { id: { int: 1 } } }, { ...shared('y', '2Gi'), attributes: { id: { int: 2 } } }] })], expected: [['a=pool/x:1Gi', 'b=pool/y:1Gi']] },
  'a part of a part of the hardware, whose counters are taken once': { claims: [{ requests: [exactly('a', asks('1Gi'))] }, { requests: [exactly('b', asks('1Gi'))] }], slices: partitions([{ ...shared('x', '4Gi'), ...takes('18Gi') }]), expected: [['a=pool/x:1Gi'], ['b=pool/x:1Gi']] },
};

describe('devices are taken', () => {
  for (const [title, one] of Object.entries(cases)) it(title, () => assert.deepEqual(outcome(one), one.expected));
});

it('gives up when there are too many combinations', () => {
  const one: Case = { claims: [{ requests: [exactly('r', { count: 16 })], constraints: [{ matchAttribute: 'driver-a/k' }] }, { requests: [exactly('s', { count: 16 })] }], slices: [slice({ devices: numbered(31).map((each) => ({ ...each, attributes: { k: { int: 1 } } })) })], expected: [] };
  assert.equal(outcome(one), 'node here: timed out trying to allocate devices');
});

describe('what is written of an allocation', () => {
  const first = (one: Omit<Case, 'expected'>) => {
    const found = allocate({ ...one, expected: [] });
    assert.ok(typeof found !== 'string');
    return found[0]!;
  };
  it('names conditions, tolerations, administrators and shares', () => {
    const toleration = { key: 'k', operator: 'Exists' };
    const made = first({ claims: [{ requests: [exactly('r', { adminAccess: true, tolerations: [toleration] })] }], slices: [slice({ allNodes: true, devices: [{ ...shared('x', '8Gi'), bindingConditions: ['Ready'], bindingFailureConditions: ['Broken'], bindsToNode: true }] })] });
    assert.deepEqual(withShares(made, () => 'share'), {
      devices: { results: [{ request: 'r', driver, pool: 'pool', device: 'x', shareID: 'share', consumedCapacity: { memory: '8Gi' }, adminAccess: true, tolerations: [toleration], bindingConditions: ['Ready'], bindingFailureConditions: ['Broken'] }] },
      nodeSelector: { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['here'] }] }] },
    });
  });
  it('is true for all nodes that reach all devices', () => {
    const selector = (key: string) => ({ nodeSelectorTerms: [{ matchExpressions: [{ key, operator: 'Exists' }] }] });
    const zoned = slice({ nodeSelector: selector('zone'), devices: [device('x'), device('y')] });
    assert.deepEqual(first({ claims: [{ requests: [exactly('r', { count: 2 })] }], slices: [zoned] }).nodeSelector, selector('zone'));
    assert.equal(first({ claims: [{ requests: [exactly('r')] }], slices: [slice({ allNodes: true, devices: [device('x')] })] }).nodeSelector, undefined);
  });
  it('has the configuration of the class, for the requests of it, and that of the claim', () => {
    const opaque = (parameters: Record<string, number>) => ({ opaque: { driver, parameters } });
    const made = first({ claims: [{ requests: [firstAvailable(9, 1), exactly('s')], config: [{ requests: ['r/s0'], ...opaque({ no: 1 }) }, { requests: ['r/s1'], ...opaque({ yes: 1 }) }, opaque({ all: 1 })] }], slices: [slice({ devices: numbered(2) })], classes: [{ ...deviceClass, spec: { config: [opaque({ class: 1 })] } }] });
    assert.deepEqual(made.devices?.config?.map(({ source, requests, opaque: { parameters } = { parameters: {} } }) => [source, requests, parameters]), [['FromClass', ['r/s1', 's'], { class: 1 }], ['FromClaim', ['r/s1'], { yes: 1 }], ['FromClaim', undefined, { all: 1 }]]);
  });
});
