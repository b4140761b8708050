/** Reads what extension API servers answer when they are asked for OpenAPI documents. */
import type { OwnAnswer } from './backend.ts';
import { parsed } from './discovery-answers.ts';
import type { ForeignOpenApiPart, ForeignSwagger } from './foreign-apis.ts';

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Of the index of OpenAPI v3, the entry of the version that its server is registered for. Throws for what is no index. */
export function openApiParts(answer: OwnAnswer, name: string): readonly ForeignOpenApiPart[] {
  if (answer.code !== 200) throw new Error(`/openapi/v3 answered ${answer.code}`);
  const { paths } = parsed(answer);
  const entry = isObject(paths) ? paths[name] : undefined;
  if (!isObject(entry)) return [];
  const url = entry['serverRelativeURL'];
  const own = `/openapi/v3/${name}`;
  return [{ name, serverRelativeUrl: typeof url === 'string' && (url === own || url.startsWith(`${own}?`)) ? url : own }];
}

const referencePrefix = '#/definitions/';

/** The names of all definitions that a value leads to, itself not among them. */
function referenced(value: unknown, definitions: Json, into: Set<string>): void {
  if (Array.isArray(value)) for (const item of value) referenced(item, definitions, into);
  if (!isObject(value)) return;
  for (const [key, child] of Object.entries(value)) {
    if (key !== '$ref' || typeof child !== 'string') {
      referenced(child, definitions, into);
      continue;
    }
    const name = child.startsWith(referencePrefix) ? child.slice(referencePrefix.length) : '';
    if (!Object.hasOwn(definitions, name)) throw new Error(`${child} leads nowhere`);
    if (into.has(name)) continue;
    into.add(name);
    referenced(definitions[name], definitions, into);
  }
}

/** The paths below `prefix` of a Swagger document, and what they need. Throws for what cannot be used. */
export function swaggerOf(answer: OwnAnswer, prefix: string): ForeignSwagger {
  if (answer.code !== 200) throw new Error(`/openapi/v2 answered ${answer.code}`);
  const { swagger, paths, definitions = {} } = parsed(answer);
  if (swagger !== '2.0' || !isObject(paths) || !isObject(definitions)) throw new Error('/openapi/v2 is no Swagger 2.0 document');
  const kept: Record<string, object> = {};
  for (const [path, item] of Object.entries(paths)) if (path.startsWith(prefix) && isObject(item)) kept[path] = item;
  const names = new Set<string>();
  referenced(kept, definitions, names);
  return { paths: kept, definitions: Object.fromEntries([...names].map((name) => [name, definitions[name] as object])) };
}
