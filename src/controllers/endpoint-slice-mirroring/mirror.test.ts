import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Endpoints } from '../../api/types/core/v1.ts';
import type { EndpointSlice } from '../../api/types/discovery/v1.ts';
import { planMirror, repackSubsets } from './mirror.ts';

const endpoints = (subsets: NonNullable<Endpoints['subsets']>): Endpoints => ({ metadata: { name: 'db', namespace: 'x', uid: 'u', labels: { a: 'b' }, annotations: { note: 'n', 'kubectl.kubernetes.io/last-applied-configuration': '{}' } }, subsets });
const stored = (slices: readonly EndpointSlice[]): EndpointSlice[] => slices.map((slice, index) => ({ ...slice, metadata: { ...slice.metadata, name: `db-${index}` } }));

it('ports with the same addresses go together, and not ready trumps ready', () => {
  const [a, b] = [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }];
  assert.deepEqual(repackSubsets([{ addresses: [a], ports: [{ port: 1 }] }, { addresses: [a, b], ports: [{ port: 2 }] }, { notReadyAddresses: [b], ports: [{ port: 2 }] }]), [
    { addresses: [a], notReadyAddresses: [], ports: [{ port: 1 }] },
    { addresses: [a], notReadyAddresses: [b], ports: [{ port: 2 }] },
  ]);
});

it('Endpoints become a slice of each family; what is no address is left out', () => {
  const source = endpoints([{ addresses: [{ ip: '10.0.0.1', nodeName: 'n', hostname: 'h' }, { ip: 'fd00::1' }, { ip: 'nonsense' }], notReadyAddresses: [{ ip: '10.0.0.2' }], ports: [{ port: 80, protocol: 'TCP' }] }]);
  const plan = planMirror(source, []);
  assert.deepEqual([plan.invalidAddresses, plan.skippedAddresses, plan.create.length], [1, 1, 2]);
  const [v4] = plan.create;
  assert.deepEqual(v4!.endpoints, [{ addresses: ['10.0.0.1'], conditions: { ready: true }, hostname: 'h', nodeName: 'n' }, { addresses: ['10.0.0.2'], conditions: { ready: false } }]);
  assert.deepEqual(v4!.ports, [{ name: '', port: 80, protocol: 'TCP' }]);
  assert.deepEqual([v4!.metadata.generateName, v4!.metadata.labels, v4!.metadata.annotations], ['db-', { a: 'b', 'kubernetes.io/service-name': 'db', 'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io' }, { note: 'n' }]);
  const again = planMirror(source, stored(plan.create));
  assert.deepEqual([again.create.length, again.update.length, again.remove.length], [0, 0, 0]);
});

it('slices that are not needed any more are written over, or deleted', () => {
  const before = stored(planMirror(endpoints([{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80 }] }]), []).create);
  const moved = planMirror(endpoints([{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 81 }] }]), before);
  assert.deepEqual([moved.create.length, moved.update.map(({ metadata }) => metadata.name), moved.remove.length], [0, ['db-0'], 0]);
  assert.deepEqual(planMirror(endpoints([]), before).remove.map(({ metadata }) => metadata.name), ['db-0']);
});

it('a subset has a limit', () => {
  const addresses = Array.from({ length: 1002 }, (_, i) => ({ ip: `10.0.${i >> 8}.${i & 255}` }));
  const plan = planMirror(endpoints([{ addresses, ports: [{ port: 80 }] }]), []);
  assert.deepEqual([plan.create[0]?.endpoints?.length, plan.skippedAddresses], [1000, 2]);
});
