import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatFieldError } from '../field-error.ts';
import { formatIp, ipFamilyOf, parseIp, validateCanonicalIp, validateCidr, validateIp, validateNonSpecialIp, warningsForIp } from './ip.ts';

test('addresses are read and written canonically', () => {
  const table: Record<string, string> = {
    '10.0.0.1': '10.0.0.1', '010.0.0.1': '10.0.0.1', '::': '::', '::1': '::1', '1::': '1::', '2001:DB8:0:0:1:0:0:1': '2001:db8::1:0:0:1', '::ffff:1.2.3.4': '1.2.3.4', '64:ff9b::1.2.3.4': '64:ff9b::102:304',
    '1:2:3:4:5:6:7:8': '1:2:3:4:5:6:7:8', '1:2:3:4:5:6:1.2.3.4': '1:2:3:4:5:6:102:304', '1:0:0:2::3': '1:0:0:2::3',
  };
  for (const [text, expected] of Object.entries(table)) assert.equal(formatIp(parseIp(text)!), expected, text);
  for (const text of ['', '1.2.3', '1.2.3.256', '1.2.3.4.5', ':', ':::', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', 'g::', '::12345', 'fe80::1%eth0', '1.2.3.4::', '1:2:3:4:5:6:7::8']) assert.equal(parseIp(text), undefined, text);
  assert.equal(ipFamilyOf('::ffff:1.2.3.4'), 4);
});

test('what is wrong with addresses and networks', () => {
  assert.deepEqual(validateIp('a', '1.2.3.04').map(formatFieldError), ['a: Invalid value: "1.2.3.04": must not have leading 0s']);
  assert.deepEqual(validateIp('a', '1.2.3.04', ['1.2.3.04']), []);
  assert.deepEqual(validateIp('a', '::ffff:1.2.3.4').map(formatFieldError), ['a: Invalid value: "::ffff:1.2.3.4": must not be an IPv4-mapped IPv6 address']);
  assert.deepEqual(validateCanonicalIp('a', 'FE80::1').map(formatFieldError), ['a: Invalid value: "FE80::1": must be in canonical form ("fe80::1")']);
  for (const good of ['10.0.0.0/8', '10.0.0.0/32', '0.0.0.0/0', 'fd00::/64', '::/0']) assert.deepEqual(validateCidr('a', good), [], good);
  for (const bad of ['10.0.0.0', '10.0.0.0/33', '10.0.0.1/8', 'fd00::1/64', '10.0.0.0/08', 'x/8', '10.128.0.0/8']) assert.equal(validateCidr('a', bad).length, 1, bad);
  for (const special of ['0.0.0.0', '127.1.2.3', '169.254.169.254', '224.0.0.1', '::', '::1', 'fe80::1', 'ff02::1']) assert.equal(validateNonSpecialIp('a', special).length, 1, special);
  assert.deepEqual(validateNonSpecialIp('a', '10.0.0.1'), []);
  assert.deepEqual(warningsForIp('a', 'FD00::1'), ['a: IPv6 address "FD00::1" should be in RFC 5952 canonical format ("fd00::1")']);
});
