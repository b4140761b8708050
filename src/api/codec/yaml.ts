import { Composer, isMap, isScalar, Lexer, Parser, stringify, visit } from 'yaml';
import type { CST, Document, Pair, Tags } from 'yaml';
import type { ApiError } from '../status.ts';
import { badRequestError, isReason } from '../status.ts';
import type { DecodedJson } from './json.ts';
import { isAltered, parseExactly } from './exact-integers.ts';
import { decodeJson, expectObject, maxJsonDepth, unrecognizedError } from './json.ts';

/** An alias may stand for this many nodes in all, so that a small text cannot grow into gigabytes. */
const maxAliasCount = 100;

/** Duplicate keys that are told of. */
const maxDuplicates = 100;

const conversionError = 'error converting YAML to JSON: ';
const tooDeep = (): ApiError => badRequestError(`${conversionError}yaml: exceeded max depth`);

/** Of YAML 1.1's types, those that upstream's decoder does not know stay strings: times, base 60, binary, sets. */
const foreign = /timestamp|binary|set|omap|pairs/;
/** The parser takes a lone dot for a number. */
const dot = { tag: 'tag:yaml.org,2002:str', default: true, test: /^\.$/, resolve: (text: string) => text } as const;
const customTags = (tags: Tags): Tags => [dot, ...tags.filter((tag) => typeof tag === 'string' || !(foreign.test(tag.tag) || ('format' in tag && tag.format === 'TIME')))];

function depthOf(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > maxJsonDepth) throw tooDeep();
  for (const child of Object.values(value)) depthOf(child, depth + 1);
}

// The parser's own look-out for duplicate keys compares each with all before it: minutes for a map of a megabyte.
const parseOptions = { version: '1.1', customTags, uniqueKeys: false, prettyErrors: false, strict: false, logLevel: 'silent', stringKeys: false } as const;

function lineOf(text: string, offset: number): number {
  let line = 1;
  for (let i = text.indexOf('\n'); i >= 0 && i < offset; i = text.indexOf('\n', i + 1)) line++;
  return line;
}

function read(document: Document, text: string): DecodedJson {
  for (const { message, pos } of document.errors) {
    // The parser recurses, and tells of its own overflow as of any other mistake.
    throw message.startsWith('Maximum call stack') ? tooDeep() : badRequestError(`${conversionError}yaml: line ${lineOf(text, pos[0])}: ${message}`);
  }
  let value: unknown;
  let duplicates: readonly string[];
  try {
    duplicates = duplicateKeys(document, text);
    value = document.toJS({ maxAliasCount }) as unknown;
  } catch (error) {
    if (isReason(error, 'BadRequest')) throw error;
    throw error instanceof RangeError ? tooDeep() : badRequestError(`${conversionError}yaml: ${error instanceof Error ? error.message : String(error)}`);
  }
  depthOf(value, 0);
  return { value, duplicates };
}

/** `line 3: key "a" already set in map`, in the order of the text; at most 100. */
function duplicateKeys(document: Document, text: string): string[] {
  const offsets: { readonly offset: number; readonly key: unknown }[] = [];
  visit(document, {
    Scalar(_, node) {
      const { value, source = '' } = node;
      if (typeof value === 'number' && isAltered(source)) node.value = BigInt(source);
    },
    Map(_, map) {
      if (!isMap(map)) return;
      const seen = new Set<unknown>();
      for (const { key } of map.items as Pair[]) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value)) offsets.push({ offset: key.range?.[0] ?? 0, key: key.value });
        seen.add(key.value);
      }
    },
  });
  offsets.sort((a, b) => a.offset - b.offset);
  return offsets.slice(0, maxDuplicates).map(({ offset, key }) => `line ${lineOf(text, offset)}: key ${JSON.stringify(key)} already set in map`);
}

/**
 * Decodes one YAML document with the types of sigs.k8s.io/yaml (YAML 1.1 booleans; times stay strings). `expectedKind`
 * words the error, and asks for an object. Throws ApiError BadRequest for malformed input, several documents, or aliases
 * that multiply without end.
 */
export function decodeYaml(body: Uint8Array | string, { expectedKind }: { readonly expectedKind?: string } = {}): DecodedJson {
  if (expectedKind === undefined) return decodeOne(body);
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
  let decoded: DecodedJson;
  try {
    decoded = decodeOne(text);
  } catch (error) {
    throw isReason(error, 'BadRequest') ? unrecognizedError(text, expectedKind, error.message.replace(conversionError, '')) : error;
  }
  expectObject(decoded.value, expectedKind, text);
  return decoded;
}

/**
 * JSON is YAML, and what most clients send as such: its own reader takes a hundredth of the time. What it refuses, or
 * names a field twice in, is for the reader of YAML to judge.
 */
function readJson(text: string): DecodedJson | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    const decoded = decodeJson(text, { duplicates: true });
    return decoded.duplicates.length === 0 ? decoded : undefined;
  } catch {
    return undefined;
  }
}

/** `decodeYaml` for what is JSON, whatever its size; undefined for what takes the reader of YAML, which is slow. */
export function decodeYamlThatIsJson(body: Uint8Array, expectedKind: string | undefined): DecodedJson | undefined {
  const text = new TextDecoder().decode(body);
  const decoded = readJson(text);
  if (decoded !== undefined && expectedKind !== undefined) expectObject(decoded.value, expectedKind, text);
  return decoded;
}

function decodeOne(body: Uint8Array | string): DecodedJson {
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
  return readJson(text) ?? decodeSingle(text);
}

function decodeSingle(body: string): DecodedJson {
  const documents = decodeDocuments(body);
  if (documents.length > 1) throw badRequestError(`${conversionError}yaml: expected a single document in the stream but found ${documents.length}`);
  return documents[0] ?? { value: null, duplicates: [] };
}

/** Decodes a stream of documents; empty ones are left out. Throws like `decodeYaml`. */
export function decodeYamlStream(body: Uint8Array | string): unknown[] {
  return decodeDocuments(body).map(({ value }) => value).filter((value) => value !== null);
}

/** The parser's tokens. It looks through all that is open at every bracket: what nests without end would take it minutes. */
function* parseTokens(text: string): Generator<CST.Token> {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme);
    if (parser.stack.length > maxJsonDepth) throw tooDeep();
  }
  yield* parser.end();
}

function decodeDocuments(body: Uint8Array | string): DecodedJson[] {
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
  let documents: Document[];
  try {
    documents = [...new Composer(parseOptions).compose(parseTokens(text))];
  } catch (error) {
    throw error instanceof RangeError ? tooDeep() : error;
  }
  return Array.from(documents, (document) => read(document, text)).filter(({ value }, i, all) => value !== null || all.length === 1 || i === 0 && all.every((one) => one.value === null));
}

/** YAML as sigs.k8s.io/yaml writes it: keys sorted, lists not indented, long lines left whole. */
export function encodeYaml(value: unknown): string {
  return stringify(parseExactly(JSON.stringify(value)), { version: '1.1', sortMapEntries: true, indentSeq: false, lineWidth: 0, aliasDuplicateObjects: false, singleQuote: null });
}
