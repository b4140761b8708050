import type { Loose } from '../../meta/loose.ts';
import type { CustomResourceDefinition } from '../../types/apiextensions/v1.ts';
import { schemaHas, schemasOf } from './json-schema.ts';
import type { Schema } from './json-schema.ts';

/** Without dashes, as they are looked up. */
const textFormats = new Set([
  'bsonobjectid', 'uri', 'email', 'hostname', 'ipv4', 'ipv6', 'cidr', 'mac', 'uuid', 'uuid3', 'uuid4', 'uuid5', 'isbn', 'isbn10', 'isbn13', 'creditcard', 'ssn', 'hexcolor', 'rgbcolor', 'byte', 'password', 'date',
  'duration', 'datetime', 'k8sshortname', 'k8slongname',
]);

function isKnown({ type = '', format = '' }: Schema): boolean {
  if (format === '') return true;
  if (type === 'integer') return format === 'int32' || format === 'int64';
  if (type === 'number') return format === 'float' || format === 'double';
  return (type === '' || type === 'string') && textFormats.has(format.replaceAll('-', ''));
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
