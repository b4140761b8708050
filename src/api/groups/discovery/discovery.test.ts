import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kindOf } from '../testing/kind.ts';
import type { Fields } from '../testing/kind.ts';
import { endpointSliceDefinition } from './endpoint-slice.ts';

const slice = kindOf(endpointSliceDefinition, { ports: [] });
const of = (endpoint: Fields, addressType = 'IPv4'): Fields => ({ addressType, endpoints: [{ addresses: ['10.0.0.1'], ...endpoint }] });
const at = 'endpoints[0]';

const rows: readonly (readonly [name: string, fields: Fields, ...errors: string[]])[] = [
  ['a good one', of({ nodeName: 'n', hints: { forZones: [{ name: 'z' }], forNodes: [{ name: 'n' }] } })],
  ['nothing', { endpoints: [] }, 'addressType: Required value'],
  ['ports before endpoints', { ...of({ addresses: [] }), ports: [{ protocol: 'x' }] }, 'ports[0].protocol: Unsupported value: "x": supported values: "SCTP", "TCP", "UDP"', `${at}.addresses: Required value: must contain at least 1 address`],
  ['the other family', of({ addresses: ['::2'] }), `${at}.addresses: Invalid value: "::2": must be an IPv4 address`],
  ['no address', of({ addresses: ['x'] }), `${at}.addresses[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)`],
  ['not canonical', of({ addresses: ['FD00::1'] }, 'IPv6'), `${at}.addresses[0]: Invalid value: "FD00::1": must be in canonical form ("fd00::1")`],
  ['a special address', of({ addresses: ['127.0.0.1'] }), `${at}.addresses[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)`],
  ['hints', of({ hints: { forZones: Array.from({ length: 9 }, (_, i) => ({ name: `z${i}` })), forNodes: [{ name: '!' }] } }), `${at}.hints.forZones: Too many: 9: must have at most 8 items`],
  ['nodes of hints', of({ hints: { forNodes: [{ name: 'a' }, { name: 'a' }] } }), `${at}.hints.forNodes[1].name: Duplicate value: "a"`],
];
for (const [name, fields, ...expected] of rows) test(`endpoint slice: ${name}`, () => assert.deepEqual(slice.errors(fields), expected));

test('endpoint slices: updates', () => {
  const odd = of({ addresses: ['FD00::1'] }, 'IPv6');
  assert.deepEqual(slice.update(odd, odd), []);
  assert.deepEqual(slice.update(of({}), { ...of({}, 'FQDN'), endpoints: [] }), ['addressType: Invalid value: "FQDN": field is immutable']);
  const generation = (after: Fields): number | undefined => slice.updated(of({}), after).metadata.generation;
  assert.deepEqual([generation(of({})), generation({ ...of({}), metadata: { labels: { a: 'b' } } }), generation(of({ nodeName: 'n' })), generation({ ...of({}), metadata: { annotations: { a: 'b' } } })], [1, 2, 2, 1]);
  assert.deepEqual(slice.make(of({ deprecatedTopology: { 'kubernetes.io/hostname': 'n' } })).endpoints, [{ addresses: ['10.0.0.1'] }]);
  assert.deepEqual(slice.warnings(of({ addresses: ['FD00::1'] }, 'FQDN')), ['spec.addressType: FQDN endpoints are deprecated', 'endpoints[0].addresses[0]: IPv6 address "FD00::1" should be in RFC 5952 canonical format ("fd00::1")']);
  assert.deepEqual(slice.warnings({ ...of({ addresses: ['FD00::1'] }), metadata: { labels: { 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' } } }), []);
});
