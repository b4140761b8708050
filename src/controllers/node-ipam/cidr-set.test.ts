import assert from 'node:assert/strict';
import { it } from 'node:test';
import { CidrSet, parseCidr } from './cidr-set.ts';

const sizes = { ipv4: 24, ipv6: 64 };

it('gives each part of a range once, in order, and again when it was given back', () => {
  const set = new CidrSet('10.244.0.0/22', sizes);
  assert.deepEqual(Array.from({ length: 5 }, () => set.allocate()), ['10.244.0.0/24', '10.244.1.0/24', '10.244.2.0/24', '10.244.3.0/24', undefined]);
  set.release('10.244.1.0/24');
  assert.equal(set.allocate(), '10.244.1.0/24');
});

it('leaves out what is taken, also by larger and smaller ranges', () => {
  const set = new CidrSet('10.244.0.0/22', sizes);
  assert.equal(set.occupy('10.244.0.0/23'), true);
  assert.equal(set.occupy('10.244.2.128/25'), true);
  assert.equal(set.occupy('192.168.0.0/24'), false);
  assert.deepEqual([set.allocate(), set.allocate()], ['10.244.3.0/24', undefined]);
});

it('does the same for IPv6', () => {
  const set = new CidrSet('fd00:10:244::/62', sizes);
  assert.deepEqual(Array.from({ length: 5 }, () => set.allocate()), ['fd00:10:244::/64', 'fd00:10:244:1::/64', 'fd00:10:244:2::/64', 'fd00:10:244:3::/64', undefined]);
});

for (const text of ['10.0.0.0', '10.0.0/8', '10.0.0.256/8', '10.0.0.0/33', 'fd00::1::2/64', 'fd00:1/64', 'x/1']) {
  it(`refuses ${text}`, () => assert.throws(() => parseCidr(text), /invalid CIDR address/));
}

it('refuses parts that are larger than the whole', () => {
  assert.throws(() => new CidrSet('10.244.0.0/25', sizes), /does not fit/);
});
