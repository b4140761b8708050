/** RE2 costs memory and time to load: only clusters whose schemas have patterns have it. */
import type { Matcher } from './patterns.ts';

let library: typeof import('./patterns.ts') | undefined;

/** Makes `matcherOf` work. Once for the process. */
export async function loadPatterns(): Promise<void> {
  library ??= await import('./patterns.ts');
}

/** Undefined while the library is loading. */
export const patternsLoaded = (): boolean => library !== undefined;

/** See `compilePattern`. Call it only once the patterns are loaded. */
export function matcherOf(pattern: string): Matcher | { readonly error: string } {
  if (library === undefined) throw new Error('patterns are used before they are loaded');
  return library.compilePattern(pattern);
}
