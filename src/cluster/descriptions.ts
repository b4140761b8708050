import { readFileSync } from 'node:fs';

let table: Readonly<Record<string, Readonly<Record<string, string>>>> | undefined;

/**
 * What upstream's documents say of a type, or of one of its fields, for OpenAPI and `kubectl explain`. The build puts
 * the texts beside the bundle; run from sources there are none. They are read when somebody first asks.
 */
export function descriptionOf(definition: string, field = ''): string | undefined {
  if (table === undefined) {
    try {
      table = JSON.parse(readFileSync(new URL('./descriptions.json', import.meta.url), 'utf8')) as Record<string, Record<string, string>>;
    } catch {
      table = {};
    }
  }
  return table[definition]?.[field];
}
