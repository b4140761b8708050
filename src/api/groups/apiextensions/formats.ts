import { factsOf } from '../../custom-resources/schema-facts.ts';
import type { Loose } from '../../meta/loose.ts';
import type { CustomResourceDefinition } from '../../types/apiextensions/v1.ts';
import { schemasOf } from './json-schema.ts';

/** The formats that no value is checked against, each once, in the order of the versions. */
export const unknownFormats = (definition: Loose<CustomResourceDefinition>): string[] => [...new Set(schemasOf(definition).flatMap((schema) => [...factsOf(schema).unknownFormats]))];
