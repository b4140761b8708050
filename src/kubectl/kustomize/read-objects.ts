import { isMap } from '../../base/is-map.ts';
import type { Pair, Tags } from 'yaml';
import { isMap as isYamlMap, isScalar, parseAllDocuments, visit } from 'yaml';
import { isAltered } from '../../api/codec/exact-integers.ts';
import { KubectlError } from '../errors.ts';
import type { AnyObject } from '../resources/item.ts';

/** Something in a text that is no YAML: it is told of as it is, and nobody looks for a folder of that name. */
export class MalformedYaml extends KubectlError {}

type Document = ReturnType<typeof parseAllDocuments>[number];

// Kustomize reads YAML 1.2's booleans and YAML 1.1's numbers: `yes` is a text, `0644` is 420.
// A day is a time, as Go writes times in JSON.
const foreign = /timestamp|binary|set|omap|pairs|bool/;
const customTags = (tags: Tags): Tags => [
  { tag: 'tag:yaml.org,2002:str', default: true, test: /^\.$/, resolve: (text: string) => text },
  ...tags.filter((tag) => typeof tag === 'string' || !(foreign.test(tag.tag) || ('format' in tag && tag.format === 'TIME'))),
  { tag: 'tag:yaml.org,2002:bool', default: true, test: /^(?:[Tt]rue|TRUE|[Ff]alse|FALSE)$/, resolve: (text: string) => /^t/i.test(text) },
  { tag: 'tag:yaml.org,2002:int', default: true, test: /^[-+]?0o[0-7]+$/, resolve: (text: string) => Number(text.replace('+', '')) },
  { tag: 'tag:yaml.org,2002:timestamp', default: true, test: /^\d{4}-\d\d?-\d\d?$/, resolve: (text: string) => `${text.split('-').map((part) => part.padStart(2, '0')).join('-')}T00:00:00Z` },
];
const options = { version: '1.1', customTags, uniqueKeys: false, prettyErrors: false, strict: false, logLevel: 'silent', stringKeys: false } as const;

/** An alias may stand for this many nodes in all. */
const maxAliasCount = 100;

/** Annotations are texts: what looks like a number is taken as it is written. */
function keepAnnotations(document: Document): void {
  const annotations = document.getIn(['metadata', 'annotations']);
  if (!isYamlMap(annotations)) return;
  for (const { value } of annotations.items as Pair[]) if (isScalar(value) && (typeof value.value !== 'string' || value.type === 'PLAIN')) value.value = value.source ?? '';
}

/** Go's integers go to 2^64. */
function exactly(value: number, source: string): number | bigint {
  return isAltered(source) || (/^\d{16,20}$/.test(source) && BigInt(source) < 2n ** 64n && BigInt(value) !== BigInt(source)) ? BigInt(source) : value;
}

function valueOf(document: Document, text: string): unknown {
  const [error] = document.errors;
  if (error !== undefined) throw new MalformedYaml(`MalformedYAMLError: yaml: line ${text.slice(0, error.pos[0]).split('\n').length}: ${error.message}`);
  visit(document, { Scalar(_, node) { if (typeof node.value === 'number') node.value = exactly(node.value, node.source ?? ''); } });
  if (isYamlMap(document.contents)) keepAnnotations(document);
  try {
    return document.toJS({ maxAliasCount }) as unknown;
  } catch (error) {
    throw new MalformedYaml(`MalformedYAMLError: yaml: ${(error as Error).message}`, { cause: error });
  }
}

function documentsOf(text: string): string[] {
  const documents: string[] = [];
  let from = 0;
  for (const found of text.matchAll(/\n---.*\n/g)) {
    const behind = found[0].slice(4).trim();
    if (behind !== '' && !behind.startsWith('#')) throw new KubectlError(`invalid document separator: ${found[0].trim()}`);
    documents.push(`${text.slice(from, found.index)}\n`);
    from = found.index + found[0].length;
  }
  return [...documents, text.slice(from)];
}

const goMap = (value: unknown): string => `map[${Object.entries(isMap(value) ? value : {}).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => `${key}:${String(one)}`).join(' ')}]`;

/** As Go prints what it read of an object's metadata. */
const metadataText = ({ apiVersion = '', kind = '', metadata }: AnyObject): string => `{{${apiVersion} ${kind}} {{${metadata?.name ?? ''} ${metadata?.namespace ?? ''}} ${goMap(metadata?.labels)} ${goMap(metadata?.annotations)}}}`;

function checked(value: unknown): AnyObject[] {
  if (value === null || value === undefined) return [];
  if (!isMap(value)) throw new KubectlError(`wrong Node Kind for  expected: MappingNode was ${Array.isArray(value) ? 'SequenceNode' : 'ScalarNode'}: value: {${Array.isArray(value) ? value.map((item) => `- ${String(item)}`).join('\n') : String(value)}}`);
  const object = value as AnyObject;
  if (Object.keys(object).length === 0) return [];
  if (typeof object.kind !== 'string' || object.kind === '') throw new KubectlError(`missing kind in object ${metadataText(object)}`);
  if (!object.kind.endsWith('List') && String(object.metadata?.name ?? '') === '') throw new KubectlError(`missing metadata.name in object ${metadataText(object)}`);
  return [object];
}

/** Lists are taken apart; what is in them comes last. */
function withoutLists(objects: readonly AnyObject[]): AnyObject[] {
  const waiting = [...objects];
  const plain: AnyObject[] = [];
  for (let object = waiting.shift(); object !== undefined; object = waiting.shift()) {
    if (object.kind?.endsWith('List') !== true || !Object.hasOwn(object, 'items')) plain.push(object);
    else if (Array.isArray(object['items'])) waiting.push(...(object['items'] as unknown[]).flatMap(checked));
    else if (object['items'] !== null) throw new KubectlError(`expected array in ${object.kind}/items, but found ${typeof object['items'] === 'object' ? 'map[string]interface {}' : typeof object['items']}`);
  }
  return plain;
}

/** The values of a text's YAML documents, without any check. Throws MalformedYaml. */
export function readValues(source: string): unknown[] {
  return documentsOf(source.replaceAll('\r\n', '\n')).flatMap((text) => Array.from(parseAllDocuments(text, options), (document) => valueOf(document, text)).slice(0, 1)).filter((value) => value !== null && value !== undefined);
}

/** The objects of a text: YAML documents or JSON, lists taken apart. Throws KubectlError for what is no object, and MalformedYaml for what cannot be read. */
export function readObjects(source: string): AnyObject[] {
  const values = readValues(source);
  const [only] = values;
  if (values.length === 1 && isMap(only) && (only['kind'] === 'List' || only['kind'] === 'ResourceList') && Array.isArray(only['items'])) return withoutLists((only['items'] as unknown[]).flatMap(checked));
  return withoutLists(values.flatMap(checked));
}
