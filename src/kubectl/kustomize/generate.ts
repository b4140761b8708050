import { basename } from 'node:path';
import { KubectlError } from '../errors.ts';
import type { AnyObject } from '../resources/item.ts';
import type { Folder } from './folder.ts';
import type { Generator, GeneratorOptions, Labels } from './kustomization.ts';
import type { Resource } from './resource.ts';
import { makeResource } from './resource.ts';

type Pair = readonly [key: string, value: Uint8Array];

const wrapped = async <T>(prefix: string, act: () => Promise<T> | T): Promise<T> => {
  try {
    return await act();
  } catch (error) {
    throw new KubectlError(`${prefix}: ${(error as Error).message}`, { cause: error });
  }
};

const bytes = (text: string): Uint8Array => Buffer.from(text);

function literal(source: string): Pair {
  const equals = source.indexOf('=');
  if (equals <= 0) throw new KubectlError(`invalid literal source ${source}, expected key=value`);
  return [source.slice(0, equals), bytes(source.slice(equals + 1).replace(/^'([\s\S]*)'$|^"([\s\S]*)"$/, (_, a: string | undefined, b: string | undefined) => a ?? b ?? ''))];
}

function fileOf(source: string): readonly [key: string, path: string] {
  const parts = source.split('=');
  if (parts.length > 2) throw new KubectlError(`source ${JSON.stringify(source)} key name or file path contains '='`);
  const [key = '', path] = parts;
  if (path === undefined) return [basename(key), key];
  if (key === '') throw new KubectlError(`missing key name for file path ${JSON.stringify(path)} in source ${JSON.stringify(source)}`);
  if (path === '') throw new KubectlError(`missing file path for key name ${JSON.stringify(key)} in source ${JSON.stringify(source)}`);
  return [key, path];
}

/** Lines of `KEY=value`; a key alone has an empty value. */
function environmentOf(content: string): Pair[] {
  return content.replace(/^\uFEFF/, '').split('\n').flatMap((line): Pair[] => {
    const trimmed = line.replace(/\r$/, '').trimStart();
    if (trimmed === '' || trimmed.startsWith('#')) return [];
    const equals = trimmed.indexOf('=');
    return equals < 0 ? [[trimmed, bytes('')]] : [[trimmed.slice(0, equals), bytes(trimmed.slice(equals + 1))]];
  });
}

async function pairsOf(folder: Folder, { envs = [], literals = [], files = [] }: Generator): Promise<Pair[]> {
  const environment = await wrapped(`env source files: [${envs.join(' ')}]`, async () => (await Promise.all(envs.map((path) => folder.load(path)))).flatMap((content) => environmentOf(content.toString('utf8'))));
  const written = await wrapped(`literal sources [${literals.join(' ')}]`, () => literals.map(literal));
  const read = await wrapped(`file sources: [${files.join(' ')}]`, async () => {
    const pairs: Pair[] = [];
    for (const source of files) {
      const [key, path] = fileOf(source);
      pairs.push([key, await folder.load(path)]);
    }
    return pairs;
  });
  return [...environment, ...written, ...read];
}

/** Base64 in lines of 70 characters, where it is longer than one. */
function base64(value: Uint8Array): string {
  const text = Buffer.from(value).toString('base64');
  return text.length < 70 ? text : text.replaceAll(/.{1,70}/g, '$&\n');
}

function textOf(value: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value);
  } catch {
    // No text: it goes as it is.
    return undefined;
  }
}

function dataOf(kind: 'ConfigMap' | 'Secret', pairs: readonly Pair[]): Record<string, unknown> {
  if (kind === 'Secret') return { data: Object.fromEntries(pairs.map(([key, value]) => [key, base64(value)])) };
  const [data, binaryData]: [Record<string, string>, Record<string, string>] = [{}, {}];
  for (const [key, value] of pairs) {
    const text = textOf(value);
    if (text === undefined) binaryData[key] = base64(value);
    else data[key] = text;
  }
  return { ...(Object.keys(data).length > 0 && { data }), ...(Object.keys(binaryData).length > 0 && { binaryData }) };
}

/** A generator's options with those that hold for all. */
export function optionsOf(own: GeneratorOptions = {}, common: GeneratorOptions = {}): GeneratorOptions {
  const both = (one: Labels | undefined, other: Labels | undefined): Labels => ({ ...other, ...one });
  return { labels: both(own.labels, common.labels), annotations: both(own.annotations, common.annotations), disableNameSuffixHash: own.disableNameSuffixHash === true || common.disableNameSuffixHash === true, immutable: own.immutable === true || common.immutable === true };
}

const filled = (labels: Labels | undefined): labels is Labels => Object.keys(labels ?? {}).length > 0;

/** What a generator says. */
export async function generate(folder: Folder, kind: 'ConfigMap' | 'Secret', generator: Generator): Promise<Resource> {
  const { name = '', namespace = '', behavior = '', options = {}, type = '' } = generator;
  if (name === '') throw new KubectlError('a configmap must have a name');
  const pairs = await wrapped('loading KV pairs', () => pairsOf(folder, generator));
  const keys = new Set<string>();
  for (const [key] of pairs) {
    if (keys.has(key)) throw new KubectlError(`configmap ${name} illegally repeats the key \`${key}\``);
    keys.add(key);
  }
  const { labels, annotations } = options;
  const object: AnyObject = {
    apiVersion: 'v1', kind, metadata: { name, ...(namespace !== '' && { namespace }), ...(filled(labels) && { labels: { ...labels } }), ...(filled(annotations) && { annotations: { ...annotations } }) },
    ...(kind === 'Secret' && { type: type === '' ? 'Opaque' : type }), ...dataOf(kind, pairs), ...(options.immutable === true && { immutable: true }),
  };
  return makeResource(object, { hashed: options.disableNameSuffixHash !== true, behavior });
}
