import { RE2JS } from 're2js';
import { asIndex, asString } from '../runtime/arguments.ts';
import { CelFailure } from '../runtime/failure.ts';
import { ValueList } from '../runtime/values.ts';
import { member, type Library } from '../language/declarations.ts';
import { INT, listOf, STRING } from '../language/types.ts';

/** Patterns that were compiled, the most recent ones: expressions mostly match constants. */
const compiled = new Map<string, RE2JS>();
const maxCompiled = 500;

/** The pattern in RE2's syntax, whose time is linear in the text. Throws a CelFailure for what is no pattern. */
export function compilePattern(pattern: string, complaint: (detail: string) => string = (detail) => detail): RE2JS {
  let regex = compiled.get(pattern);
  if (regex === undefined) {
    try {
      regex = RE2JS.compile(pattern);
    } catch (error) {
      throw new CelFailure(complaint(error instanceof Error ? error.message : String(error)));
    }
    const oldest = compiled.size < maxCompiled ? undefined : compiled.keys().next().value;
    if (oldest !== undefined) compiled.delete(oldest);
    compiled.set(pattern, regex);
  }
  return regex;
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
