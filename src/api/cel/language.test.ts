import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate, run } from './testing/evaluate.ts';

/** Expressions that are true, by what they are about. */
const holds: Readonly<Record<string, readonly string[]>> = {
  arithmetic: ['1 + 2 * 3 == 7', '7 / 2 == 3 && -7 / 2 == -3 && -7 % 2 == -1', '7.0 / 2.0 == 3.5', '2u * 3u == 6u', '- (1) == -1', '!false && !!true', '-9223372036854775808 < 0', '0xff == 255'],
  'numbers of different types': ['1 < 2.5', 'dyn(1) == 1.0', 'dyn(1u) == 1', '2u > 1', '1 in [1.0].map(x, dyn(x))'],
  errors: ['true || 1 / 0 == 1', '1 / 0 == 1 || true', '!(false && 1 / 0 == 1)', '[1, 0].exists(x, 1 / x == 1)', '![0, 1].all(x, 1 / x == 2)'],
  strings: [
    "'a' + 'b' == 'ab'", "'héllo'.size() == 5", "'😀x'.charAt(1) == 'x'", "'😀x'.substring(1) == 'x'", "'hello'.indexOf('l') == 2 && 'hello'.lastIndexOf('l') == 3", "'a,b,c'.split(',', 2) == ['a', 'b,c']",
    "'abc'.replace('', '-') == '-a-b-c-'", "['a', 'b'].join('-') == 'a-b'", "' x\\u00a0'.trim() == 'x'", "'ÀB'.lowerAscii() == 'Àb'", "strings.quote('a\"b') == '\"a\\\\\"b\"'", "r'\\d' == '\\\\d'", '"""a\n"b""" == "a\\n\\"b"',
    "'%s %d %.2f %x %%'.format(['a', 5, 1234.5, 255]) == 'a 5 1,234.50 ff %'", "'%s'.format([['a', 1]]) == '[\"a\", 1]'", "'abc'.matches('^a.c$') && matches('abc', 'b')",
  ],
  bytes: ["b'ÿ'.size() == 2 && b'\\xff'.size() == 1", "bytes('é') == b'\\303\\251'", "string(b'abc') == 'abc'"],
  'lists and maps': ['[1, 2] + [3] == [1, 2, 3]', "{'a': 1}['a'] == 1", "{1: 'x', 2: 'y'}.map(k, k) == [1, 2]", "'a' in {'a': 1} && !('b' in {'a': 1})", "{'__proto__': 1, 'constructor': 2}.size() == 2", '[1, 2, 3].filter(x, x > 1) == [2, 3]', '[1, 2, 3].exists_one(x, x > 2)'],
  'two variables': ["{'a': 1}.all(k, v, k == 'a' && v == 1)", "[5, 6].exists(i, v, i == 1 && v == 6)", '[1, 2].transformList(i, v, i > 0, v * 2) == [4]', "{'a': 1}.transformMap(k, v, v + 1) == {'a': 2}", "[3].transformMapEntry(i, v, {v: i}) == {3: 0}"],
  optionals: ['optional.of(1).value() == 1 && !optional.none().hasValue()', "{'a': 1}.?a.orValue(0) == 1 && {'a': 1}.?b.orValue(0) == 0", '[1][?5].or(optional.of(2)).value() == 2', '[?optional.none(), ?optional.of(1)] == [1]', "{?'a': optional.none()} == {}", 'optional.of(1).optMap(x, x + 1).value() == 2'],
  time: [
    "timestamp('2024-02-29T12:00:00.5Z').getMilliseconds() == 500", "timestamp('2024-01-01T00:00:00Z') + duration('1h30m') == timestamp('2024-01-01T01:30:00Z')", "timestamp('2024-07-01T00:00:00Z').getHours('Europe/Berlin') == 2",
    "string(timestamp('2011-08-18T19:03:37.010+01:00')) == '2011-08-18T19:03:37.01+01:00'", "duration('1.000000001s') > duration('1s')", "string(duration('90m')) == '5400s'", "timestamp(0).getDayOfYear() == 0 && timestamp('2024-12-31T00:00:00Z').getDayOfYear() == 365",
  ],
  conversions: ["int('-5') == -5 && int(5.9) == 5 && uint('7') == 7u", "string(1000000.0) == '1e+06' && string(0.1) == '0.1'", "type(1) == int && type('') == string && type(type(1)) == type", "bool('true') && double('1e3') == 1000.0"],
  'Kubernetes lists': ['[1, 2, 3].sum() == 6 && [1.5, 2.5].sum() == 4.0', "['a', 'b'].isSorted() && ['b', 'a'].min() == 'a'", '[1, 2, 1].indexOf(1) == 0 && [1, 2, 1].lastIndexOf(1) == 2', '[[1], [2, 3]].flatten() == [1, 2, 3]', '[3, 1, 2].sort() == [1, 2, 3] && [1, 1].distinct() == [1]', 'lists.range(3) == [0, 1, 2] && [1, 2, 3].slice(1, 3) == [2, 3] && [1, 2].reverse() == [2, 1]', "['bb', 'a'].sortBy(x, x.size()) == ['a', 'bb']", '[1, 2].first().value() == 1'],
  sets: ['sets.contains([1, 2], [2]) && sets.equivalent([1, 1], [1]) && !sets.intersects([1], [2])'],
  regex: ["'abc 123'.find('[0-9]+') == '123' && '1 2 3'.findAll('[0-9]', 2) == ['1', '2']"],
  quantities: ["quantity('1Gi').isGreaterThan(quantity('1G')) && quantity('1k') == quantity('1000')", "quantity('50k').add(20).compareTo(quantity('50020')) == 0 && sign(quantity('-1')) == -1", "isQuantity('1Mi') && !isQuantity('1Mii') && quantity('1500m').asApproximateFloat() == 1.5 && !quantity('1500m').isInteger()"],
  network: ["ip('::1').isLoopback() && ip('10.0.0.1').family() == 4 && ip('224.0.0.1').isLinkLocalMulticast()", "!isIP('010.0.0.1') && !isIP('::ffff:1.2.3.4') && ip.isCanonical('::1')", "cidr('10.0.0.0/8').containsIP('10.1.2.3') && !cidr('10.0.0.0/8').containsCIDR('0.0.0.0/0')", "cidr('10.1.2.3/20').masked() == cidr('10.1.0.0/20') && cidr('fd00::/64').prefixLength() == 64 && string(cidr('10.0.0.0/8').ip()) == '10.0.0.0'"],
  urls: ["url('https://[::1]:80/a%20b?x=1&x=2').getHostname() == '::1' && url('https://a.b:80').getPort() == '80'", "url('https://e.com/p?k=a&k=b').getQuery()['k'] == ['a', 'b'] && isURL('/abs') && !isURL('../rel')"],
  semver: ["semver('1.2.3-rc.1').isLessThan(semver('1.2.3')) && semver('v01.1', true) == semver('1.1.0') && !isSemver('1.0') && semver('1.2.3').minor() == 2"],
  formats: ["!format.dns1123Label().validate('a-b').hasValue() && format.dns1123Label().validate('A').hasValue()", "format.named('uuid').hasValue() && !format.named('nope').hasValue()"],
};

for (const [name, expressions] of Object.entries(holds)) {
  test(`CEL: ${name}`, () => {
    for (const expression of expressions) assert.equal(evaluate(expression), true, expression);
  });
}

test('CEL: what goes wrong at run time is said in the words of upstream', () => {
  for (const [expression, error] of [
    ['9223372036854775807 + 1', 'integer overflow'],
    ['0u - 1u', 'unsigned integer overflow'],
    ['1 / 0', 'division by zero'],
    ['1 % 0', 'modulus by zero'],
    ['self.nope', 'no such key: nope'],
    ['self.list[3]', 'index out of bounds: 3'],
    ["self.list + 'a'", 'no such overload'],
    ['[1, 2].transformMapEntry(i, v, {0: v})', 'insert failed: key 0 already exists'],
    ['optional.none().value()', 'optional.none() dereference'],
    ["timestamp('9999-12-31T23:59:59Z') + duration('1s')", 'timestamp overflow'],
  ] as const) assert.equal(evaluate(expression, { list: [1] }), `error: ${error}`, expression);
});

test('CEL: what cannot be compiled is said in the words of upstream, and where', () => {
  for (const [expression, issues] of [
    ['foo == 1', "ERROR: <input>:1:1: undeclared reference to 'foo' (in container '')\n | foo == 1\n | ^"],
    ["1 + 'a'", "ERROR: <input>:1:3: found no matching overload for '_+_' applied to '(int, string)'\n | 1 + 'a'\n | ..^"],
    ['[1].nope()', "ERROR: <input>:1:9: undeclared reference to 'nope' (in container '')\n | [1].nope()\n | ........^"],
    ['[1].sum(2)', "ERROR: <input>:1:8: found no matching overload for 'sum' applied to 'list(int).(int)'\n | [1].sum(2)\n | .......^"],
    ["[1, 'a']", "ERROR: <input>:1:5: expected type 'int' but found 'string'\n | [1, 'a']\n | ....^"],
    ["duration('1d')", "ERROR: <input>:1:10: invalid duration argument\n | duration('1d')\n | .........^"],
    ["'😀'.matches('(')", "ERROR: <input>:1:13: invalid matches argument\n | '😀'.matches('(')\n | .．..........^"],
    ['self.all(1, true)', 'ERROR: <input>:1:10: argument must be a simple name\n | self.all(1, true)\n | .........^'],
    ['has(self)', 'ERROR: <input>:1:5: invalid argument to has() macro\n | has(self)\n | ....^'],
    ['for + 1', 'ERROR: <input>:1:1: reserved identifier: for\n | for + 1\n | ^'],
    ['cel.bind(x, 1, x)', "ERROR: <input>:1:1: undeclared reference to 'cel' (in container '')"],
    ['1 == 1 1', "ERROR: <input>:1:8: Syntax error: extraneous input '1' expecting <EOF>\n | 1 == 1 1\n | .......^"],
  ] as const) {
    const found = evaluate(expression);
    assert.equal(expression.startsWith('cel.') ? String(found).split('\n').slice(0, 1).join('') : found, issues, expression);
  }
});

test('CEL: what never ends elsewhere ends here at its budget', () => {
  const nine = '[0,1,2,3,4,5,6,7,8,9]';
  const loops = `${nine}.all(a, ${nine}.all(b, ${nine}.all(c, ${nine}.all(d, ${nine}.all(e, ${nine}.all(f, ${nine}.all(g, a + b + c + d + e + f + g >= 0)))))))`;
  const outcome = run(loops);
  assert.ok(typeof outcome !== 'string' && outcome.exceeded === true && outcome.cost > 1_000_000);
  assert.equal(evaluate('lists.range(1000000000).size()'), 'error: operation cancelled: actual cost limit exceeded');
  const doubled = `['x'].map(a, ${'"'.concat('x'.repeat(100), '"')}).map(b, ${Array.from({ length: 60 }, () => 'b').join(' + ')})`;
  assert.equal(typeof evaluate(`${doubled}.map(c, ${Array.from({ length: 200 }, () => 'c').join(' + ')}).map(d, ${Array.from({ length: 200 }, () => 'd').join(' + ')}).size()`), 'string');
});

test('CEL: expressions that nest deeply or are very long are refused', () => {
  for (const deep of ['('.repeat(5000), '['.repeat(5000), `1${' + 1'.repeat(5000)}`, `self${'.a'.repeat(5000)}`]) assert.match(String(evaluate(deep)), /expression recursion limit exceeded: 250/);
  assert.match(String(evaluate(`'${'x'.repeat(100_001)}' == ''`)), /expression code point size exceeds limit: size: 100009, limit 100000/);
  assert.equal(evaluate(`${'!'.repeat(50_000)}true`), true);
  assert.equal(evaluate(`true${' && true'.repeat(5000)}`), true);
});

test('CEL: patterns match in linear time', () => {
  assert.equal(evaluate(`'${'a'.repeat(2000)}!'.matches('^(a+)+$')`), false);
});
