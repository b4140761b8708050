import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { hashedName } from '../commands/create/hashed-name.ts';
import { KubectlError } from '../errors.ts';
import type { Io } from '../io.ts';
import type { AnyObject } from '../resources/item.ts';
import { parseManifest } from '../resources/parse-manifest.ts';
import { generate } from './generate.ts';
import type { Kustomization, PatchRule, Replacement } from './kustomization.ts';
import { isFolder, readKustomization } from './kustomization.ts';
import { fixReferences } from './references.ts';
import { replaceFields } from './replace.ts';
import type { Resource } from './resource.ts';
import { inClusterOrder, makeResource, nameOf, namespaceOf, remember } from './resource.ts';
import { addAnnotations, addLabels, patchByOperations, patchLikeIt, selected, setImages, setNamespace, setReplicas, surroundNames } from './transform.ts';

/** So many kustomizations in one another are a circle that nobody noticed, or nobody can follow. */
const deepest = 64;
const emptyHash = { name: '' } as const;

const isRemote = (path: string): boolean => /^(?:https?|ssh|git):\/\/|^git@|^github\.com\//.test(path);

class Build {
  readonly #io: Io;

  constructor(io: Io) {
    this.#io = io;
  }

  /** What a folder's kustomization makes. `into`: what is there already, which a component changes. */
  async accumulate(folder: string, around: readonly string[], into: Resource[] = []): Promise<{ readonly all: Resource[]; readonly kustomization: Kustomization }> {
    const real = realpathSync(folder);
    if (around.includes(real) || around.length >= deepest) throw new KubectlError(`cycle detected: candidate root '${real}' contains visited root '${around.at(-1) ?? real}'`);
    const kustomization = await readKustomization(real, (text) => this.#io.stderr.write(text));
    const within = [...around, real];
    const all = into;
    for (const path of [...(kustomization.resources ?? []), ...(kustomization.bases ?? [])]) this.#append(all, await this.#resource(real, path, within));
    for (const [kind, generators] of [['ConfigMap', kustomization.configMapGenerator], ['Secret', kustomization.secretGenerator]] as const) {
      for (const generator of generators ?? []) await generate(all, { io: this.#io, folder: real, kind, generator, options: kustomization.generatorOptions ?? {} });
    }
    for (const path of kustomization.components ?? []) {
      if (isRemote(path)) throw new KubectlError(`not supported: the remote kustomization ${path}`);
      const component = resolve(real, path);
      if (!isFolder(component)) throw new KubectlError(`accumulating components: accumulateDirectory: "couldn't make target for path '${component}'": no such directory`);
      await this.accumulate(component, within, all);
    }
    await this.#transform(real, all, kustomization);
    return { all, kustomization };
  }

  #append(all: Resource[], more: readonly Resource[]): void {
    for (const one of more) {
      const same = ({ object }: Resource): boolean => object.apiVersion === one.object.apiVersion && object.kind === one.object.kind && nameOf(object) === nameOf(one.object) && namespaceOf(object) === namespaceOf(one.object);
      if (all.some(same)) throw new KubectlError(`may not add resource with an already registered id: ${one.object.kind ?? ''}.${(one.object.apiVersion ?? '').split('/').reverse().join('.')}${one.object.apiVersion?.includes('/') === true ? '' : '.[noGrp]'}/${nameOf(one.object)}.${namespaceOf(one.object) === '' ? '[noNs]' : namespaceOf(one.object)}`);
      all.push(one);
    }
  }

  async #resource(folder: string, path: string, within: readonly string[]): Promise<readonly Resource[]> {
    if (isRemote(path)) throw new KubectlError(`not supported: the remote resource ${path} of a kustomization`);
    const full = resolve(folder, path);
    if (isFolder(full)) return (await this.accumulate(full, within)).all;
    if (!existsSync(full)) throw new KubectlError(`accumulating resources: accumulation err='accumulating resources from '${path}': evalsymlink failure on '${full}' : lstat ${full}: no such file or directory': must build at directory: not a valid directory: evalsymlink failure on '${full}' : lstat ${full}: no such file or directory`);
    return (await parseManifest(this.#read(folder, path), path)).flatMap(flattened).map((object) => makeResource(object));
  }

  /** A file below the kustomization: what is outside of it is somebody else's. */
  #read(folder: string, path: string): string {
    const full = resolve(folder, path);
    if (!existsSync(full)) throw new KubectlError(`unable to read ${path}: no such file or directory`);
    if (relative(folder, realpathSync(full)).startsWith('..')) throw new KubectlError(`security; file '${full}' is not in or below '${folder}'`);
    return readFileSync(full, 'utf8');
  }

  async #transform(folder: string, all: Resource[], kustomization: Kustomization): Promise<void> {
    const { namespace, namePrefix = '', nameSuffix = '' } = kustomization;
    for (const patch of kustomization.patchesStrategicMerge ?? []) await this.#patch(all, folder, patch.includes('\n') ? { patch } : { path: patch });
    for (const patch of kustomization.patches ?? []) await this.#patch(all, folder, patch);
    if (namespace !== undefined && namespace !== '') setNamespace(all, namespace);
    if (namePrefix !== '' || nameSuffix !== '') surroundNames(all, { prefix: namePrefix, suffix: nameSuffix });
    for (const rule of kustomization.labels ?? []) addLabels(all, rule);
    if (kustomization.commonLabels !== undefined) addLabels(all, { pairs: kustomization.commonLabels, includeSelectors: true });
    if (kustomization.commonAnnotations !== undefined) addAnnotations(all, kustomization.commonAnnotations);
    for (const patch of kustomization.patchesJson6902 ?? []) await this.#patch(all, folder, patch);
    if (kustomization.replicas !== undefined) setReplicas(all, kustomization.replicas);
    if (kustomization.images !== undefined) setImages(all, kustomization.images);
    for (const one of kustomization.replacements ?? []) {
      if (!('path' in one)) await replaceFields(all, one);
      else for (const object of await parseManifest(this.#read(folder, one.path), one.path)) await replaceFields(all, object as unknown as Replacement);
    }
  }

  async #patch(all: Resource[], folder: string, { path, patch, target, options = {} }: PatchRule): Promise<void> {
    if ((path === undefined) === (patch === undefined)) throw new KubectlError('exactly one of path or patch is expected in a patch of a kustomization');
    const text = patch ?? this.#read(folder, path!);
    const { decodeYaml } = await import('../../api/codec/yaml.ts');
    const targets = target === undefined ? undefined : await selected(all, target);
    const operations = /^\s*(?:[[-])/.test(text) && !/^\s*---/.test(text) ? decodeYaml(text).value : undefined;
    if (Array.isArray(operations)) {
      if (targets === undefined) throw new KubectlError('must specify a target for JSON patch');
      return patchByOperations(targets, operations as unknown[]);
    }
    for (const object of await parseManifest(text, path ?? 'patch')) patchLikeIt(all, object, { to: targets, keepsIdentity: { name: options.allowNameChange !== true, kind: options.allowKindChange !== true }, source: path ?? text });
  }
}

const flattened = (object: AnyObject): AnyObject[] => (object.kind?.endsWith('List') === true && Array.isArray(object['items']) ? (object['items'] as AnyObject[]).flatMap(flattened) : [object]);

/** Names of generated objects follow from their content, so that whoever uses them starts anew when that changes. */
function hashNames(all: readonly Resource[]): void {
  for (const one of all) {
    if (!one.hashed) continue;
    remember(one);
    const suffix = hashedName({ ...one.object, metadata: emptyHash }).slice(1);
    one.object.metadata = { ...one.object.metadata, name: `${nameOf(one.object)}-${suffix}` };
  }
}

/** The objects that the kustomization of a folder makes, in the order in which a cluster takes them. Throws KubectlError for what does not fit together. */
export async function buildKustomization(io: Io, path: string): Promise<AnyObject[]> {
  if (isRemote(path)) throw new KubectlError(`not supported: the remote kustomization ${path}`);
  const folder = resolve(io.folder, path);
  if (!existsSync(folder)) throw new KubectlError(`must build at directory: not a valid directory: evalsymlink failure on '${path}' : lstat ${folder}: no such file or directory`);
  if (!isFolder(folder)) throw new KubectlError(`must build at directory: '${path}': file is not directory`);
  const { all, kustomization } = await new Build(io).accumulate(folder, []);
  hashNames(all);
  fixReferences(all);
  const ordered = kustomization.sortOptions?.order === 'fifo' ? all : inClusterOrder(all);
  return ordered.map(({ object }) => object);
}
