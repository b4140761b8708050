import assert from 'node:assert/strict';
import { test } from 'node:test';
import { envFileValue } from './env-file.ts';

test('variables of a file are quoted, may have lines, and comments behind them', () => {
  const text = "# the settings\n\n  A='one'\nB='two\nlines' # and a comment\nC= 'nothing'\nD='it is # no comment'\r\nE=''\n";
  for (const [key, expected] of Object.entries({ A: 'one', B: 'two\nlines', C: '', D: 'it is # no comment', E: '', F: '' })) assert.equal(envFileValue(text, key), expected, key);
});

test('what a shell would read otherwise is refused', () => {
  const cases: [string, string][] = [
    ['A', "invalid environment variable format at line 1: missing '='"],
    ["='x'", 'invalid environment variable format at line 1: empty variable name'],
    ["\nA ='x'", "invalid environment variable format at line 2: whitespace before '=' is not allowed"],
    ['A=x', 'invalid environment variable format at line 1: value must be enclosed in single quotes'],
    ["A='x'y", 'invalid environment variable format at line 1: unexpected content after closing quote'],
    ["B='y'\nA='x\n", 'invalid environment variable format starting at line 2: unclosed single quote'],
  ];
  for (const [text, message] of cases) assert.throws(() => envFileValue(text, 'A'), { message });
});
