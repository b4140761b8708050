import { stringFormat } from '../../custom-resources/string-formats.ts';
import type { Loose } from '../../meta/loose.ts';
import type { CustomResourceDefinition } from '../../types/apiextensions/v1.ts';
import { schemaHas, schemasOf } from './json-schema.ts';
import type { Schema } from './json-schema.ts';

function isKnown({ type = '', format = '' }: Schema): boolean {
  if (format === '') return true;
  if (type === 'integer') return format === 'int32' || format === 'int64';
  if (type === 'number') return format === 'float' || format === 'double';
  return (type === '' || type === 'string') && stringFormat(format) !== undefined;
}

/** The formats that no value is checked against, each once, in the order of the versions. */
export function unknownFormats(definition: Loose<CustomResourceDefinition>): string[] {
  const found: string[] = [];
  for (const schema of schemasOf(definition)) {
    schemaHas(schema, (one) => {
      if (!isKnown(one)) found.push(one.format!);
      return false;
    });
  }
  return [...new Set(found)];
}
