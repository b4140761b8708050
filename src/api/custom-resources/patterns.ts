/** Patterns in RE2's syntax, which match in linear time: those of schemas and those of CEL. The library is loaded with the first that is needed. */
import { RE2JS } from 're2js';

/** Does the text match? */
export type Matcher = (text: string) => boolean;

/** A pattern made ready. */
export interface Pattern {
  readonly regex: RE2JS;
  /** Remembers what matched. */
  readonly matches: Matcher;
}

/** Schemas repeat their patterns, versions repeat their schemas, and expressions mostly match constants. */
const known = new Map<string, Pattern | { readonly error: string }>();
const maxKnown = 2000;
/** Upstream takes any length; longer ones would keep everybody waiting for seconds while they are compiled. */
const maxPatternLength = 16_384;

const maxRemembered = 32;
const maxRememberedLength = 100;

/** Most updates leave most values as they are: what matched is known to match again, which a set says in a twentieth of the time. */
function remembering(matches: Matcher): Matcher {
  let good: Set<string> | undefined;
  return (text) => {
    if (good?.has(text) === true) return true;
    if (!matches(text)) return false;
    if (text.length <= maxRememberedLength) {
      good ??= new Set();
      if (good.size >= maxRemembered) good.clear();
      good.add(text);
    }
    return true;
  };
}

/** The pattern, compiled; an `error` in Go's words for what is none. */
export function patternOf(pattern: string): Pattern | { readonly error: string } {
  const found = known.get(pattern);
  if (found !== undefined) return found;
  const made = compile(pattern);
  if (known.size >= maxKnown) known.delete(known.keys().next().value!);
  known.set(pattern, made);
  return made;
}

/** What tells matching texts from others; an `error` in Go's words for what is no pattern. */
export function compilePattern(pattern: string): Matcher | { readonly error: string } {
  const found = patternOf(pattern);
  return 'error' in found ? found : found.matches;
}

function compile(pattern: string): Pattern | { readonly error: string } {
  if (pattern.length > maxPatternLength) return { error: `error parsing regexp: pattern has more than ${maxPatternLength} characters` };
  try {
    const regex = RE2JS.compile(pattern);
    return { regex, matches: remembering((text) => regex.test(text)) };
  } catch (error) {
    return { error: (error as Error).message };
  }
}
