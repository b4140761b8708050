import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePattern } from './patterns.ts';

/** What RE2 says of patterns that it does not read, and JavaScript in part does. */
const refused: Readonly<Record<string, string>> = {
  '(?=a)': 'error parsing regexp: invalid or unsupported Perl syntax: `(?=`',
  '(a)\\1': 'error parsing regexp: invalid escape sequence: `\\1`',
  'a{1001}': 'error parsing regexp: invalid repeat count: `{1001}`',
  'a**': 'error parsing regexp: invalid nested repetition operator: `**`',
  '*a': 'error parsing regexp: missing argument to repetition operator: `*`',
  '(a': 'error parsing regexp: missing closing ): `(a`',
  '[b-a]': 'error parsing regexp: invalid character class range: `b-a`',
  '(a{1000}){1000}': 'error parsing regexp: invalid repeat count: `{1000}`',
};
for (const [pattern, error] of Object.entries(refused)) test(`patterns: ${pattern} is none`, () => assert.deepEqual(compilePattern(pattern), { error }));

const matching: readonly (readonly [pattern: string, good: string, bad: string])[] = [
  ['(?P<x>a)b', 'ab', 'b'], ['(?i)^straße$', 'STRAßE', 'strasse'], ['^\\pL+\\z', 'äß', 'a1'], ['\\Qa.b\\E', 'a.b', 'axb'], ['^[[:alpha:]]+$', 'abc', 'ab1'], ['(?s)^a.b$', 'a\nb', 'ab'], ['^a.b$', 'a\rb', 'a\nb'], ['^.$', '😀', 'ab'], ['a$', 'ba', 'a\n'],
];
for (const [pattern, good, bad] of matching) {
  test(`patterns: ${pattern} is one`, () => {
    const matches = compilePattern(pattern);
    assert.ok(typeof matches === 'function');
    assert.deepEqual([matches(good), matches(bad)], [true, false]);
  });
}

test('patterns: one that is too long is refused', () => assert.ok('error' in compilePattern('a'.repeat(20_000))));
