import { parseAllDocuments, stringify } from 'yaml';
import type { Tags } from 'yaml';
import { badRequestError } from '../status.ts';
import type { DecodedJson } from './json.ts';
import { maxJsonDepth } from './json.ts';

/** An alias may stand for this many nodes in all, so that a small text cannot grow into gigabytes. */
const maxAliasCount = 100;

/** Of YAML 1.1's types, those that upstream's decoder does not know stay strings: times, base 60, binary, sets. */
const foreign = /timestamp|binary|set|omap|pairs/;
const customTags = (tags: Tags): Tags => tags.filter((tag) => typeof tag === 'string' || !(foreign.test(tag.tag) || ('format' in tag && tag.format === 'TIME')));

function depthOf(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > maxJsonDepth) throw badRequestError('error converting YAML to JSON: exceeded max depth');
  for (const child of Object.values(value)) depthOf(child, depth + 1);
}

const parseOptions = { version: '1.1', customTags, uniqueKeys: true, prettyErrors: false, strict: false, logLevel: 'silent', stringKeys: false } as const;

type Document = ReturnType<typeof parseAllDocuments>[number];

function lineOf(text: string, offset: number): number {
  let line = 1;
  for (let i = text.indexOf('\n'); i >= 0 && i < offset; i = text.indexOf('\n', i + 1)) line++;
  return line;
}

function read(document: Document, text: string): DecodedJson {
  const duplicates: string[] = [];
  for (const error of document.errors) {
    const line = lineOf(text, error.pos[0]);
    if (error.code === 'DUPLICATE_KEY') {
      const key = /^\s*(?:- )*["']?([^"':\s]+)/.exec(text.slice(error.pos[0]))?.[1] ?? '';
      duplicates.push(`line ${line}: key ${JSON.stringify(key)} already set in map`);
    } else {
      throw badRequestError(`error converting YAML to JSON: yaml: line ${line}: ${error.message}`);
    }
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount }) as unknown;
  } catch (error) {
    throw badRequestError(`error converting YAML to JSON: yaml: ${error instanceof Error ? error.message : String(error)}`);
  }
  depthOf(value, 0);
  return { value, duplicates };
}

/**
 * Decodes one YAML document with the types of sigs.k8s.io/yaml (YAML 1.1 booleans; times stay strings). Throws
 * ApiError BadRequest for malformed input, several documents, or aliases that multiply without end.
 */
export function decodeYaml(body: Uint8Array | string): DecodedJson {
  const documents = decodeDocuments(body);
  if (documents.length > 1) throw badRequestError(`error converting YAML to JSON: expected a single document in the stream but found ${documents.length}`);
  return documents[0] ?? { value: null, duplicates: [] };
}

/** Decodes a stream of documents; empty ones are left out. Throws like `decodeYaml`. */
export function decodeYamlStream(body: Uint8Array | string): unknown[] {
  return decodeDocuments(body).map(({ value }) => value).filter((value) => value !== null);
}

function decodeDocuments(body: Uint8Array | string): DecodedJson[] {
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
  // The parser recurses: refuse what could only overflow it.
  if (/[[{]{500}/.test(text.replaceAll(/\s+/g, ''))) throw badRequestError('error converting YAML to JSON: exceeded max depth');
  const documents = parseAllDocuments(text, parseOptions);
  return Array.from(documents, (document) => read(document, text)).filter(({ value }, i, all) => value !== null || all.length === 1 || i === 0 && all.every((one) => one.value === null));
}

/** YAML as sigs.k8s.io/yaml writes it: keys sorted, lists not indented, long lines left whole. */
export function encodeYaml(value: unknown): string {
  return stringify(JSON.parse(JSON.stringify(value)), { version: '1.1', sortMapEntries: true, indentSeq: false, lineWidth: 0, aliasDuplicateObjects: false, singleQuote: null });
}
