import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stringFormat } from './string-formats.ts';

/** Format, texts that are of it, and texts that are not. */
const rows: readonly (readonly [format: string, good: readonly string[], bad: readonly string[]])[] = [
  ['bsonobjectid', ['5f2b5d5e5f2b5d5e5f2b5d5e'], ['5f2b', 'g'.repeat(24)]],
  ['uri', ['http://a.b/c?d#e', '/a/b', 'urn:x:y', 'http://[::1]:80/', 'http://u:p@h/', 'mailto:a@b', 'http://a/b c', '*'], ['', 'a/b', 'http://a b/', ':a', 'http://h:x/', 'http://h/%zz', 'http://[::1', 'a\nb:/', 'http://%41/']],
  ['email', ['a@b', 'a.b+c@d.e', '"a b"@c', 'Some One <a@b.c>', '"Some, One" <a@b>', '<a@b>', ' a@b (home)', 'a@[127.0.0.1]', 'ä@ö.com'], ['', 'a', '@b', 'a@', 'a@b@c', 'a..b@c', 'a b@c', 'A <a@b', 'a@b, c@d']],
  ['hostname', ['a', 'a-b', 'a.example.com', 'a.b-c.de', 'münchen.de', '1a.com'], ['', '-a', 'a.', 'a_b', 'a.b.c', 'a.example.c0m', `${'a'.repeat(64)}.com`, `${'a.'.repeat(128)}com`]],
  ['ipv4', ['1.2.3.4', '01.2.3.4', '::ffff:1.2.3.4'], ['1.2.3', '1.2.3.256', '::1']],
  ['ipv6', ['::1', '2001:db8::', '::ffff:1.2.3.4'], ['1.2.3.4', ':::', '::ffff:01.2.3.4']],
  ['cidr', ['10.0.0.0/8', '::/0', '010.0.0.0/8'], ['10.0.0.0', '10.0.0.0/33', '/8']],
  ['mac', ['01:23:45:67:89:ab', '01-23-45-67-89-AB', '0123.4567.89ab', '01:23:45:67:89:ab:cd:ef'], ['01:23:45:67:89', '01:23-45:67:89:ab', '0123.4567', '01:23:45:67:89:ag']],
  ['uuid', ['123e4567-e89b-12d3-a456-426614174000', '123E4567E89B12D3A456426614174000'], ['123e4567', '123e4567-e89b-12d3-a456-42661417400g']],
  ['uuid3', ['123e4567-e89b-32d3-a456-426614174000'], ['123e4567-e89b-42d3-a456-426614174000']],
  ['uuid4', ['123e4567-e89b-42d3-a456-426614174000'], ['123e4567-e89b-42d3-c456-426614174000']],
  ['uuid5', ['123e4567-e89b-52d3-8456-426614174000'], ['123e4567-e89b-12d3-8456-426614174000']],
  ['isbn', ['0321751043', '978-0321751041'], ['0321751044', 'a']],
  ['isbn10', ['0-321-75104-3', '097522980X'], ['978-0321751041', '0975229801']],
  ['isbn13', ['978 0321751041'], ['0321751043', '9780321751042']],
  ['creditcard', ['4111 1111 1111 1111', '378282246310005'], ['4111 1111 1111 1112', '1']],
  ['ssn', ['111-22-3333', '111 22 3333'], ['111223333', '111-22-333']],
  ['hexcolor', ['#fff', 'FFFFFF'], ['#ffff', 'ggg']],
  ['rgbcolor', ['rgb(1,2,255)', 'rgb( 0 , 0 , 0 )'], ['rgb(1,2)', 'rgb(1,2,256)', 'rgb(01,2,3)']],
  ['byte', ['YQ==', 'YWI=', 'YWJj'], ['', 'YQ', 'YQ=', 'Y-==', '====']],
  ['password', ['', 'x'], []],
  ['date', ['2024-02-29'], ['2023-02-29', '2024-2-9', '2024-01-01T00:00:00Z', '']],
  ['duration', ['1h30m', '-1.5s', '0', '3 days', '2weeks', 'about 5 min'], ['', 'a', '1', '5 parsecs', '99999999999999999999 s']],
  ['date-time', ['2024-01-01T00:00:00Z', '2024-01-01t23:59:59.123+01:00', '2024-01-01T00:00:00z'], ['2024-01-01', '2024-01-01T24:00:00Z', '2024-01-01T00:60:00Z', '2024-01-01T00:00:00', '2024-13-01T00:00:00Z', 'now']],
  ['k8s-short-name', ['a', 'a-b', 'a'.repeat(63)], ['', 'A', '-a', 'a.b', 'a'.repeat(64)]],
  ['k8s-long-name', ['a.b-c', 'a'.repeat(253)], ['', 'a..b', 'a.', 'A.b', 'a'.repeat(254)]],
];
for (const [format, good, bad] of rows) {
  test(`formats of strings: ${format}`, () => {
    const check = stringFormat(format)!;
    assert.deepEqual([good.filter((text) => !check(text)), bad.filter(check)], [[], []]);
  });
}

test('formats of strings: there are no others, and none takes long', () => {
  assert.deepEqual(['', 'int32', 'weather', 'constructor'].map(stringFormat), [undefined, undefined, undefined, undefined]);
  const long = ['a'.repeat(1e5), '1'.repeat(1e5), ' '.repeat(1e5), 'a.'.repeat(5e4), 'a-'.repeat(5e4), '('.repeat(1e5), '"'.repeat(1e5), `http://${'%41'.repeat(3e4)}`, '1 '.repeat(5e4)];
  const before = process.cpuUsage();
  for (const [format] of rows) for (const text of long) stringFormat(format)!(text);
  // A tenth of a second; what is quadratic takes a minute.
  assert.ok(process.cpuUsage(before).user < 5_000_000);
});
