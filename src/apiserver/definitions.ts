import type { DefinitionLookup } from './served-resources.ts';

/** What each built-in resource is. */
export const definitionOf: DefinitionLookup = () => undefined;
