/** RE2 costs memory and time to load: only clusters whose schemas have patterns have it. */
import type { Matcher } from './patterns.ts';
import { outside } from '../../base/outside-work.ts';

let compile: ((pattern: string) => Matcher | { readonly error: string }) | undefined;

/** Makes `matcherOf` work. Once for the process. */
export async function loadPatterns(): Promise<void> {
  compile ??= (await outside(import('./patterns.ts'))).compilePattern;
}

/** Undefined while the library is loading. */
export const patternsLoaded = (): boolean => compile !== undefined;

/** See `compilePattern`. Call it only once the patterns are loaded. */
export function matcherOf(pattern: string): Matcher | { readonly error: string } {
  if (compile === undefined) throw new Error('patterns are used before they are loaded');
  return compile(pattern);
}
