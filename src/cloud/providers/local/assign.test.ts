import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Service, ServiceSpec } from '../../../api/types/core/v1.ts';
import { assign } from './assign.ts';
import { formatAddress } from '../../../api/meta/ip-network.ts';
import { contains, parsePool, sizeOf } from './pools.ts';

describe('pools of addresses', () => {
  it('are ranges of either family, by prefix or by ends', () => {
    const cases: readonly [string, string, string, bigint][] = [
      ['192.168.1.243/28', '192.168.1.240', '192.168.1.255', 16n],
      ['10.0.0.250-10.0.1.5', '10.0.0.250', '10.0.1.5', 12n],
      ['10.0.0.9', '10.0.0.9', '10.0.0.9', 1n],
      ['fd00::f0/124', 'fd00::f0', 'fd00::ff', 16n],
      ['fd00::1 - fd00::3', 'fd00::1', 'fd00::3', 3n],
    ];
    for (const [text, first, last, size] of cases) {
      const pool = parsePool(text);
      assert.deepEqual([formatAddress({ family: pool.family, value: pool.first }), formatAddress({ family: pool.family, value: pool.last }), sizeOf(pool)], [first, last, size], text);
      assert.ok(contains(pool, first) && contains(pool, last) && !contains(pool, '203.0.113.1') && !contains(pool, 'fd01::'));
    }
    for (const wrong of ['', 'x', '10.0.0.0/33', '10.0.0.9-10.0.0.1', '10.0.0.1-fd00::1', '10.0.0.1-10.0.0.2-10.0.0.3']) assert.throws(() => parsePool(wrong), /wants addresses such as/, wrong);
  });
});

describe('assigning addresses', () => {
  const pools = ['192.0.2.0/31', 'fd00::/127'].map(parsePool);
  const given = (spec: ServiceSpec, { held = [], taken = [], of = pools }: { held?: string[]; taken?: string[]; of?: typeof pools } = {}): unknown => {
    const service: Service = { metadata: { name: 'a' }, spec };
    const assignment = assign(service, of, { held, isTaken: (address) => taken.includes(address) });
    return assignment.kind === 'assigned' ? assignment.addresses : `${assignment.kind}: ${assignment.why}`;
  };
  const dual = (ipFamilyPolicy: string): ServiceSpec => ({ ipFamilies: ['IPv6', 'IPv4'], ipFamilyPolicy });

  it('one of each family, in the Service\'s order', () => {
    assert.deepEqual(given({}), ['192.0.2.0']);
    assert.deepEqual(given(dual('RequireDualStack')), ['fd00::', '192.0.2.0']);
    assert.deepEqual(given(dual('RequireDualStack'), { held: ['192.0.2.1'], taken: ['fd00::'] }), ['fd00::1', '192.0.2.1']);
  });
  it('what one asks for takes the place of what one has', () => {
    assert.deepEqual(given({ ...dual('PreferDualStack'), loadBalancerIP: '192.0.2.1' }, { held: ['fd00::1', '192.0.2.0'] }), ['fd00::1', '192.0.2.1']);
    assert.deepEqual(given({ loadBalancerIP: 'FD00:0::1' }), 'refused: the address fd00::1 that is asked for is not of the Service\'s families (IPv4)');
  });
  it('an address that is in no pool any more is changed', () => assert.deepEqual(given({}, { held: ['198.51.100.1'] }), ['192.0.2.0']));
  it('one family is enough where two are only preferred', () => {
    const of = pools.slice(0, 1);
    assert.deepEqual(given(dual('PreferDualStack'), { of }), ['192.0.2.0']);
    assert.equal(given(dual('RequireDualStack'), { of }), 'refused: there is no pool of IPv6 addresses (there are: 192.0.2.0/31)');
    assert.equal(given(dual('RequireDualStack'), { taken: ['fd00::', 'fd00::1'] }), 'full: no IPv6 address is free in the pools (192.0.2.0/31, fd00::/127)');
  });
});
