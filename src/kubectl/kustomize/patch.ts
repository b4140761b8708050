import { applyJsonPatch } from '../../api/patch/json-patch.ts';
import { decodeYaml } from '../../api/codec/yaml.ts';
import { KubectlError } from '../errors.ts';
import { toGoYaml } from '../printers/go-yaml.ts';
import type { AnyObject } from '../resources/item.ts';
import type { Folder } from './folder.ts';
import type { PatchOptions, PatchRule, Selector } from './kustomization.ts';
import { strategicMerge } from './merge.ts';
import type { FindSchema } from './merge-schema.ts';
import { readObjects } from './read-objects.ts';
import { demanded, select } from './resource-list.ts';
import type { Resource } from './resource.ts';
import { cloned, idText, kindOf, nameOf, namespaceOf, remember } from './resource.ts';
import type { Transformer } from './transformer.ts';

/** A patch that looks like what it changes leaves names, kinds and namespaces alone, unless that is asked for. */
function applyTo(target: Resource, patch: AnyObject, { schemas, options }: { readonly schemas: FindSchema; readonly options: PatchOptions }): void {
  const { object } = target;
  if (options.allowNameChange === true || options.allowKindChange === true) remember(target);
  const schema = schemas(object) ?? schemas(patch);
  const merged = strategicMerge(cloned(object) as Record<string, unknown>, cloned(patch) as Record<string, unknown>, schema) as AnyObject | undefined;
  if (merged === undefined || Object.keys(merged).length === 0) {
    target.gone = true;
    return;
  }
  const { namespace: _, ...metadata } = merged.metadata ?? {};
  const namespace = object.metadata?.namespace;
  target.object = {
    ...merged, ...(options.allowKindChange !== true && object.kind !== undefined && { kind: object.kind }),
    metadata: { ...metadata, ...(options.allowNameChange !== true && { name: nameOf(object) }), ...(namespace !== undefined && namespace !== '' && { namespace }) },
  };
}

const withoutGone = (all: Resource[]): void => {
  const kept = all.filter((one) => !one.gone);
  if (kept.length < all.length) all.splice(0, all.length, ...kept);
};

const idOf = (object: AnyObject): Parameters<typeof demanded>[1] => ({ ...kindOf(object), name: nameOf(object), namespace: namespaceOf(object) });

function patchLikeIt(all: Resource[], patches: readonly AnyObject[], { target, options, source, schemas }: { readonly target: Selector | undefined; readonly options: PatchOptions; readonly source: string; readonly schemas: FindSchema }): void {
  if (target !== undefined) {
    const [patch] = patches;
    if (patches.length > 1) throw new KubectlError(`Multiple Strategic-Merge Patches in one \`patches\` entry is not allowed to set \`patches.target\` field: ${source}`);
    // The version is the target's, so that one patch fits kinds of several.
    if (patch !== undefined) for (const one of select(all, target)) applyTo(one, { ...patch, ...(one.object.apiVersion !== undefined && { apiVersion: one.object.apiVersion }) }, { schemas, options });
    return withoutGone(all);
  }
  for (const patch of patches) {
    let one: Resource;
    try {
      one = demanded(all, idOf(patch));
    } catch (error) {
      throw new KubectlError(`no resource matches strategic merge patch ${JSON.stringify(idText(idOf(patch)))}: ${(error as Error).message}`, { cause: error });
    }
    applyTo(one, patch, { schemas, options });
  }
}

/** The operations of a text of RFC 6902, in JSON or YAML. Throws where it is none. */
function operationsIn(text: string): readonly unknown[] {
  const { value } = decodeYaml(text);
  if (!Array.isArray(value)) throw new KubectlError('json: cannot unmarshal object into Go value of type jsonpatch.Patch');
  return value as unknown[];
}

function patchByOperations(targets: readonly Resource[], operations: readonly unknown[], { remembers }: { readonly remembers: boolean }): void {
  for (const target of targets) {
    if (remembers) remember(target);
    target.object = applyJsonPatch(target.object, operations, { negativeIndexes: true, explain: true }) as AnyObject;
  }
}

/** As Go quotes a text. */
const quoted = (text: string): string => JSON.stringify(text);

function attempt<T>(act: () => T): { readonly value?: T; readonly failed: boolean } {
  try {
    return { value: act(), failed: false };
  } catch {
    return { failed: true };
  }
}

/** One entry of `patches`: by operations, or by something that looks like what it changes. */
export async function patchTransformer(folder: Folder, rule: PatchRule, schemas: FindSchema): Promise<Transformer> {
  const { path = '', target, options = {} } = rule;
  const patch = (rule.patch ?? '').trim();
  const configuration = toGoYaml(Object.fromEntries(Object.entries(rule).filter(([, value]) => value !== '' && value !== undefined)));
  if (patch === '' && path === '') throw new KubectlError(`must specify one of patch and path in\n${configuration}`);
  if (patch !== '' && path !== '') throw new KubectlError(`patch and path can't be set at the same time\n${configuration}`);
  let text = patch;
  if (path !== '') {
    try {
      text = (await folder.load(path)).toString('utf8');
    } catch (error) {
      throw new KubectlError(`failed to get the patch file from path(${path}): ${(error as Error).message}`, { cause: error });
    }
  }
  const source = path === '' ? `[patch: ${quoted(patch)}]` : `[path: ${quoted(path)}]`;
  const [likeIt, operations] = [attempt(() => readObjects(text)), attempt(() => operationsIn(text))];
  if (likeIt.failed && operations.failed) throw new KubectlError(`unable to parse SM or JSON patch from ${source}`);
  if ((likeIt.value?.length ?? 0) > 0 && (operations.value?.length ?? 0) > 0) throw new KubectlError(`illegally qualifies as both an SM and JSON patch: ${source}`);
  return (all) => {
    if (!likeIt.failed) return patchLikeIt(all, likeIt.value ?? [], { target, options, source, schemas });
    if (target === undefined) throw new KubectlError(`must specify a target for JSON patch ${source}`);
    patchByOperations(select(all, target), operations.value ?? [], { remembers: true });
  };
}

/** `patchesStrategicMerge`: texts or paths of files. */
export async function mergePatches(folder: Folder, { paths = [], patches = '' }: { readonly paths?: readonly string[]; readonly patches?: string }, schemas: FindSchema): Promise<Transformer> {
  if (paths.length === 0 && patches === '') throw new KubectlError('empty file path and empty patch content');
  const loaded: AnyObject[] = [];
  for (const path of paths) {
    const inline = attempt(() => readObjects(path));
    loaded.push(...inline.failed ? readObjects((await folder.load(path)).toString('utf8')) : inline.value ?? []);
  }
  if (patches !== '') loaded.push(...readObjects(patches));
  if (loaded.length === 0) throw new KubectlError(`patch appears to be empty; files=[${paths.join(' ')}], Patch=${patches}`);
  return (all) => {
    for (const patch of loaded) {
      applyTo(demanded(all, idOf(patch)), patch, { schemas, options: {} });
      withoutGone(all);
    }
  };
}

/** One entry of `patchesJson6902`. */
export async function operationsTransformer(folder: Folder, { target, path = '', jsonOp = '' }: { readonly target?: Selector; readonly path?: string; readonly jsonOp?: string }): Promise<Transformer> {
  if ((target?.name ?? '') === '') throw new KubectlError('must specify the target name');
  if (path === '' && jsonOp === '') throw new KubectlError('empty file path and empty jsonOp');
  if (path !== '' && jsonOp !== '') throw new KubectlError('must specify a file path or jsonOp, not both');
  const text = path === '' ? jsonOp : (await folder.load(path)).toString('utf8');
  if (text === '') throw new KubectlError(`patch file '${path}' empty seems to be empty`);
  let operations: readonly unknown[];
  try {
    operations = operationsIn(text);
  } catch (error) {
    throw new KubectlError(`decoding ${text}: ${(error as Error).message}`, { cause: error });
  }
  if (operations.length === 0) throw new KubectlError(`patch appears to be empty; file=${path}, JsonOp=${text}`);
  return (all) => patchByOperations(select(all, target!), operations, { remembers: false });
}
