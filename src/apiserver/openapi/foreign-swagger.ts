import type { ForeignSwagger } from '../aggregation/foreign-apis.ts';
import type { Swagger, SwaggerPathItem } from './v2.ts';

const referencePrefix = '#/definitions/';

/** A copy in which references to renamed definitions follow them. */
function renamed(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, names));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => {
    if (key !== '$ref' || typeof child !== 'string') return [key, renamed(child, names)];
    return [key, `${referencePrefix}${names.get(child.slice(referencePrefix.length)) ?? child.slice(referencePrefix.length)}`];
  }));
}

/** Field order does not count. */
function sortedText(value: unknown): string {
  return JSON.stringify(value, (_key, child: unknown) => (typeof child === 'object' && child !== null && !Array.isArray(child) ? Object.fromEntries(Object.entries(child).sort(([a], [b]) => (a < b ? -1 : 1))) : child));
}

/**
 * A document with the paths and definitions of other servers. Paths that are there stay; a definition that is there and
 * says something else gets another name (`…_v2`), as upstream does it, so that no server can change what another means.
 */
export function withForeignSwagger(own: Swagger, foreign: readonly ForeignSwagger[]): Swagger {
  if (foreign.length === 0) return own;
  const paths: Record<string, SwaggerPathItem> = { ...own.paths };
  const definitions: Record<string, object> = { ...own.definitions };
  for (const other of foreign) {
    const names = new Map<string, string>();
    for (const [name, definition] of Object.entries(other.definitions)) {
      let free = name;
      for (let number = 2; Object.hasOwn(definitions, free) && sortedText(definitions[free]) !== sortedText(definition); number++) free = `${name}_v${number}`;
      if (free !== name) names.set(name, free);
    }
    for (const [name, definition] of Object.entries(other.definitions)) definitions[names.get(name) ?? name] ??= renamed(definition, names) as object;
    for (const [path, item] of Object.entries(other.paths)) if (!Object.hasOwn(paths, path)) paths[path] = renamed(item, names) as SwaggerPathItem;
  }
  return { ...own, paths, definitions };
}
