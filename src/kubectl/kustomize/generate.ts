import { isAbsolute, join } from 'node:path';
import { keyedData } from '../commands/create/keyed-data.ts';
import { KubectlError } from '../errors.ts';
import type { Io } from '../io.ts';
import type { AnyObject } from '../resources/item.ts';
import type { Generator, GeneratorOptions, Labels } from './kustomization.ts';
import type { Resource } from './resource.ts';
import { makeResource, nameOf, namespaceOf } from './resource.ts';

type Json = Record<string, unknown>;

const filled = (labels: Labels): { readonly [key: string]: string } | undefined => (Object.keys(labels).length === 0 ? undefined : labels);

async function dataOf(io: Io, folder: string, kind: 'ConfigMap' | 'Secret', generator: Generator): Promise<Json> {
  const { name, literals = [], files = [], envs = [], env } = generator;
  const local = (source: string): string => {
    const equals = source.indexOf('=');
    const path = source.slice(equals + 1);
    return `${source.slice(0, equals + 1)}${isAbsolute(path) ? path : join(folder, path)}`;
  };
  const common = { what: kind, name } as const;
  const parts = [await keyedData(io, { ...common, files: [], literals: [], environmentFiles: [...envs, ...(env === undefined ? [] : [env])].map(local) }), await keyedData(io, { ...common, files: files.map(local), literals, environmentFiles: [] })];
  const [text, binary] = [new Map(parts.flatMap((part) => [...part.text])), new Map(parts.flatMap((part) => [...part.binary]))];
  const base64 = (value: string | Uint8Array): string => Buffer.from(value as Uint8Array).toString('base64');
  if (kind === 'Secret') return { data: Object.fromEntries([...text, ...binary].map(([key, value]) => [key, base64(typeof value === 'string' ? Buffer.from(value) : value)])) };
  return { ...(text.size > 0 && { data: Object.fromEntries(text) }), ...(binary.size > 0 && { binaryData: Object.fromEntries([...binary].map(([key, value]) => [key, base64(value)])) }) };
}

/** Makes what a generator says, or changes what an earlier one made. */
export async function generate(all: Resource[], { io, folder, kind, generator, options }: { readonly io: Io; readonly folder: string; readonly kind: 'ConfigMap' | 'Secret'; readonly generator: Generator; readonly options: GeneratorOptions }): Promise<void> {
  const { name, namespace, behavior = 'create' } = generator;
  if (name === undefined || name === '') throw new KubectlError(`${kind.toLowerCase()} generator: a name is expected`);
  const own = { ...options, ...generator.options };
  const labels = filled({ ...options.labels, ...generator.options?.labels });
  const annotations = filled({ ...options.annotations, ...generator.options?.annotations });
  const object: AnyObject = {
    apiVersion: 'v1', kind, metadata: { name, ...(namespace !== undefined && { namespace }), ...(labels !== undefined && { labels: { ...labels } }), ...(annotations !== undefined && { annotations: { ...annotations } }) },
    ...(kind === 'Secret' && { type: generator.type ?? 'Opaque' }), ...await dataOf(io, folder, kind, generator), ...(own.immutable === true && { immutable: true }),
  };
  const there = all.find((one) => one.object.kind === kind && (nameOf(one.object) === name || one.before.some((before) => before.name === name)) && (namespace === undefined || namespaceOf(one.object) === namespace || one.before.some((before) => before.namespace === namespace)));
  const id = `${kind}.v1.[noGrp]/${name}.${namespace ?? '[noNs]'}`;
  if (behavior === 'create') {
    if (there !== undefined && nameOf(there.object) === name) throw new KubectlError(`may not add resource with an already registered id: ${id}`);
    all.push(makeResource(object, { hashed: own.disableNameSuffixHash !== true, generated: true }));
    return;
  }
  if (there === undefined) throw new KubectlError(`id resid.ResId{Gvk:resid.Gvk{Group:"", Version:"v1", Kind:${JSON.stringify(kind)}, isClusterScoped:false}, Name:${JSON.stringify(name)}, Namespace:${JSON.stringify(namespace ?? '')}} does not exist; cannot merge or replace`);
  const { metadata, ...content } = object;
  const old = there.object;
  const merged = (key: string): Json => ({ ...(behavior === 'merge' ? old[key] as Json | undefined : undefined), ...content[key] as Json | undefined });
  there.object = {
    ...old, ...content,
    metadata: { ...old.metadata, ...(filled({ ...old.metadata?.labels, ...metadata?.labels }) !== undefined && { labels: { ...old.metadata?.labels, ...metadata?.labels } }), ...(filled({ ...old.metadata?.annotations, ...metadata?.annotations }) !== undefined && { annotations: { ...old.metadata?.annotations, ...metadata?.annotations } }) },
    ...(Object.keys(merged('data')).length > 0 && { data: merged('data') }), ...(Object.keys(merged('binaryData')).length > 0 && { binaryData: merged('binaryData') }),
  };
  if (own.disableNameSuffixHash === true) there.hashed = false;
}
