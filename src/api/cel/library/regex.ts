import type { RE2JS } from 're2js';
import { patternOf } from '../../custom-resources/patterns.ts';
import { asIndex, asString } from '../runtime/arguments.ts';
import { CelFailure } from '../runtime/failure.ts';
import { ValueList } from '../runtime/values.ts';
import { member, type Library } from '../language/declarations.ts';
import { INT, listOf, STRING } from '../language/types.ts';

/** The pattern in RE2's syntax, whose time is linear in the text. Throws a CelFailure for what is no pattern. */
export function compilePattern(pattern: string, complaint: (detail: string) => string = (detail) => detail): RE2JS {
  const found = patternOf(pattern);
  if ('error' in found) throw new CelFailure(complaint(found.error));
  return found.regex;
}

/** Whether the pattern matches somewhere in the text. */
export function testMatch(text: string, pattern: string): boolean {
  return compilePattern(pattern).matcher(text).find();
}

function findAll(text: string, pattern: string, limit: number): ValueList {
  const matcher = compilePattern(pattern, (detail) => `Illegal regex: ${detail}`).matcher(text);
  const found: string[] = [];
  while ((limit < 0 || found.length < limit) && matcher.find()) found.push(matcher.group() ?? '');
  return new ValueList(found);
}

/** Kubernetes' `find` and `findAll`. */
export const regex: Library = {
  find: [member('string_find_string', [STRING, STRING], STRING, (text, pattern) => findAll(asString(text), asString(pattern), 1).items[0] ?? '')],
  findAll: [
    member('string_find_all_string', [STRING, STRING], listOf(STRING), (text, pattern) => findAll(asString(text), asString(pattern), -1)),
    member('string_find_all_string_int', [STRING, STRING, INT], listOf(STRING), (text, pattern, limit) => findAll(asString(text), asString(pattern), asIndex(limit))),
  ],
};
