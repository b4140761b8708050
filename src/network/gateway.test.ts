import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatNetwork, parseNetwork } from '../api/meta/ip-network.ts';
import { gatewayOf } from './gateway.ts';

test('ranges are read, cleared of their host part and written in the shortest form', () => {
  for (const [text, range, gateway] of [
    ['10.244.0.0/24', '10.244.0.0/24', '10.244.0.1'],
    ['10.244.3.7/16', '10.244.0.0/16', '10.244.0.1'],
    ['192.168.255.128/25', '192.168.255.128/25', '192.168.255.129'],
    ['fd00:10:244::/64', 'fd00:10:244::/64', 'fd00:10:244::1'],
    ['2001:db8:0:0:1::/80', '2001:db8:0:0:1::/80', '2001:db8::1:0:0:1'],
  ] as const) {
    const cidr = parseNetwork(text);
    assert.ok(cidr, text);
    assert.equal(gatewayOf(cidr), gateway);
    const again = parseNetwork(formatNetwork(cidr));
    assert.deepEqual(again, parseNetwork(range));
  }
});

test('what is not a range is not read', () => {
  for (const text of ['', '10.0.0.0', '10.0.0.0/33', '10.0.0/8', 'fd00::/129', 'x/8', '10.0.0.0/8/8', '10.0.0.0/-1']) assert.equal(parseNetwork(text), undefined, text);
});
