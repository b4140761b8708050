import { join } from 'node:path';
import { decodeYaml } from '../../api/codec/yaml.ts';
import { KubectlError } from '../errors.ts';
import type { Io } from '../io.ts';
import type { BuiltinContext } from './builtins.ts';
import { configured, generators, transformers } from './builtins.ts';
import { fieldsOfDefinitions } from './crd-fields.ts';
import type { FieldConfiguration } from './default-fields.ts';
import { fieldConfiguration, mergeConfigurations, noFields } from './field-configuration.ts';
import type { FieldSpec } from './field-spec.ts';
import { mergeFields } from './field-spec.ts';
import type { Folder } from './folder.ts';
import { HttpFailure } from './folder.ts';
import { optionsOf } from './generate.ts';
import type { Kustomization, LabelRule, ReadKustomization, Variable } from './kustomization.ts';
import { readKustomization } from './kustomization.ts';
import type { FindSchema } from './merge-schema.ts';
import { builtinSchemas, schemasOf } from './merge-schema.ts';
import type { Origin } from './origin.ts';
import { within } from './origin.ts';
import type { Configured } from './plugins.ts';
import { configuredGenerators, configuredTransformers } from './plugins.ts';
import { MalformedYaml, readObjects } from './read-objects.ts';
import { absorb, append, appendAll } from './resource-list.ts';
import type { Resource } from './resource.ts';
import { cloned, currentId, idText, makeResource } from './resource.ts';
import type { GeneratorRun, Transformer } from './transformer.ts';
import { addVariables, givenText, mergeVariables } from './variables.ts';

/** Kustomizations in one another, at most: more are a mistake, or nobody's to follow. */
const deepest = 64;

const wrapped = async <T>(prefix: string, act: () => Promise<T> | T): Promise<T> => {
  try {
    return await act();
  } catch (error) {
    const message = `${prefix}: ${(error as Error).message}`;
    throw error instanceof HttpFailure ? new HttpFailure(message) : error instanceof MalformedYaml ? new MalformedYaml(message) : new KubectlError(message, { cause: error });
  }
};

/** What holds for one build, whichever kustomization is read. */
interface Build {
  readonly io: Io;
  /** The schema of the first kustomization that names one. */
  schemas: FindSchema | undefined;
  readonly tracked: boolean;
}

/** What a kustomization has gathered, or several that stand on one another. */
export class Accumulation {
  readonly all: Resource[] = [];
  fields: FieldConfiguration = noFields;
  readonly variables = new Map<string, Variable>();
  kustomization!: Kustomization;

  static async of(io: Io, folder: Folder): Promise<Accumulation> {
    const read = await readKustomization(folder, (text) => io.stderr.write(text));
    const build: Build = { io, schemas: undefined, tracked: (read.kustomization.buildMetadata ?? []).length > 0 };
    await setSchema(build, folder, read.kustomization);
    const accumulation = new Accumulation();
    accumulation.kustomization = read.kustomization;
    await new Target(build, folder, read, { origin: build.tracked ? {} : undefined, depth: 0 }).gather(accumulation);
    return accumulation;
  }

  merge(other: Accumulation): void {
    appendAll(this.all, other.all);
    this.fields = mergeConfigurations(this.fields, other.fields);
    mergeVariables(this.variables, other.variables.values());
  }
}

async function setSchema(build: Build, folder: Folder, { openapi }: Kustomization): Promise<void> {
  if (build.schemas !== undefined || openapi === undefined) return;
  if (openapi['path'] !== undefined) {
    const text = (await folder.load(openapi['path'])).toString('utf8');
    if (openapi['version'] !== undefined) throw new KubectlError('builtin version and custom schema provided, cannot use both');
    build.schemas = schemasOf(decodeYaml(text).value);
  } else if ((openapi['version'] ?? '') !== '') {
    if (openapi['version'] !== 'v1.21.2') throw new KubectlError('the specified OpenAPI version is not built in');
    build.schemas = builtinSchemas;
  }
}

/** One kustomization on its way into an accumulation. */
class Target {
  readonly #build: Build;
  readonly #folder: Folder;
  readonly #kustomization: Kustomization;
  readonly #fileName: string;
  readonly #origin: Origin | undefined;
  readonly #depth: number;

  constructor(build: Build, folder: Folder, { kustomization, fileName }: ReadKustomization, { origin, depth }: { readonly origin: Origin | undefined; readonly depth: number }) {
    this.#build = build;
    this.#folder = folder;
    this.#kustomization = kustomization;
    this.#fileName = fileName;
    this.#origin = origin;
    this.#depth = depth;
  }

  get #context(): BuiltinContext { return { folder: this.#folder, schemas: this.#build.schemas ?? builtinSchemas }; }

  async gather(into: Accumulation): Promise<void> {
    const { resources = [], components = [], configurations = [], crds = [], vars = [] } = this.#kustomization;
    await wrapped('accumulating resources', () => this.#resources(into, resources));
    const files: unknown[] = [];
    for (const path of configurations) files.push(decodeYaml((await this.#folder.load(path)).toString('utf8')).value);
    into.fields = mergeConfigurations(into.fields, fieldConfiguration(files));
    for (const path of crds) {
      const text = (await this.#folder.load(path)).toString('utf8');
      into.fields = mergeConfigurations(into.fields, fieldsOfDefinitions(decodeYaml(text).value));
    }
    for (const { run, origin } of [...await this.#builtinGenerators(), ...await wrapped('loading generator plugins', () => this.#externalGenerators())]) await this.#generate(into, run, origin);
    await wrapped('accumulating components', () => this.#components(into, components));
    for (const { run, origin } of [...await this.#builtinTransformers(into.fields), ...await this.#external(this.#kustomization.transformers ?? [])]) transform(into.all, run, origin);
    await this.#validate(into.all);
    await wrapped(`merging vars [${vars.map(givenText).join(' ')}]`, () => addVariables(into.variables, into.all, vars));
  }

  async #resources(into: Accumulation, paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      let failure: Error;
      try {
        await this.#file(into, path);
        continue;
      } catch (error) {
        if (error instanceof HttpFailure) throw error;
        failure = error as Error;
      }
      const prefix = `accumulation err='${failure.message}'`;
      let child: Folder;
      try {
        child = await this.#folder.child(path);
      } catch (error) {
        if (failure instanceof MalformedYaml) throw failure;
        throw new KubectlError(`${prefix}: ${(error as Error).message}`, { cause: error });
      }
      using base = child;
      await wrapped(prefix, () => this.#directory(into, base, { path, isComponent: false }));
    }
  }

  async #file(into: Accumulation, path: string): Promise<void> {
    const objects = await wrapped(`accumulating resources from '${path}'`, async () => {
      const text = (await this.#folder.load(path)).toString('utf8');
      try {
        return readObjects(text).map((object) => makeResource(object)).reduce<Resource[]>((all, one) => {
          append(all, one);
          return all;
        }, []);
      } catch (error) {
        throw error instanceof MalformedYaml ? new MalformedYaml(`${error.message} in File: ${path}`) : error;
      }
    });
    if (this.#origin !== undefined) for (const one of objects) one.origin = within(this.#origin, path);
    await wrapped(`merging resources from '${path}'`, () => appendAll(into.all, objects));
  }

  async #components(into: Accumulation, paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      let child: Folder;
      try {
        child = await this.#folder.child(path);
      } catch (error) {
        throw new KubectlError(`loader.New ${JSON.stringify((error as Error).message)}`, { cause: error });
      }
      using component = child;
      try {
        await this.#directory(into, component, { path, isComponent: true });
      } catch (error) {
        throw new KubectlError(`accumulateDirectory: ${JSON.stringify((error as Error).message)}`, { cause: error });
      }
    }
  }

  async #directory(into: Accumulation, folder: Folder, { path, isComponent }: { readonly path: string; readonly isComponent: boolean }): Promise<void> {
    const { root } = folder;
    if (this.#depth >= deepest) throw new KubectlError(`too many kustomizations in one another at '${root}'`);
    const read = await wrapped(`couldn't make target for path '${root}'`, () => readKustomization(folder, (text) => this.#build.io.stderr.write(text)));
    await setSchema(this.#build, folder, read.kustomization);
    const { kind } = read.kustomization;
    if (isComponent && kind !== 'Component') throw new KubectlError(`expected kind 'Component' for path '${root}' but got '${kind}'`);
    if (!isComponent && kind === 'Component') throw new KubectlError(`expected kind != 'Component' for path '${root}'`);
    const { repository } = folder;
    const origin = this.#origin === undefined ? undefined : within(this.#origin, path, repository === undefined ? undefined : { repo: repository.repo, ref: repository.ref, path: repository.path });
    const target = new Target(this.#build, folder, read, { origin, depth: this.#depth + 1 });
    if (isComponent) return wrapped(`recursed accumulation of path '${root}'`, () => target.gather(into));
    const own = new Accumulation();
    await wrapped(`recursed accumulation of path '${root}'`, () => target.gather(own));
    await wrapped(`recursed merging from path '${root}'`, () => into.merge(own));
  }

  #originOf(kind: string): Origin | undefined {
    if (this.#origin === undefined) return undefined;
    const { repo, ref, path = '' } = this.#origin;
    return { ...(repo !== undefined && { repo }), ...(ref !== undefined && { ref }), configuredIn: join(path, this.#fileName), configuredBy: { apiVersion: 'builtin', kind } };
  }

  async #builtinGenerators(): Promise<Configured<GeneratorRun>[]> {
    const { configMapGenerator = [], secretGenerator = [], helmCharts = [], helmGlobals = {}, generatorOptions, namespace } = this.#kustomization;
    const made: Configured<GeneratorRun>[] = [];
    const add = async (kind: string, configuration: Readonly<Record<string, unknown>>): Promise<void> => {
      made.push({ run: await configured(kind, configuration, () => generators[kind]!(this.#context, configuration)), origin: this.#originOf(kind) });
    };
    for (const one of configMapGenerator) await add('ConfigMapGenerator', { ...one, options: optionsOf(one.options, generatorOptions) });
    for (const one of secretGenerator) await add('SecretGenerator', { ...one, options: optionsOf(one.options, generatorOptions) });
    for (const one of helmCharts) await add('HelmChartInflationGenerator', { ...helmGlobals, ...one, ...(namespace !== undefined && (one['namespace'] ?? '') === '' && { namespace }) });
    return made;
  }

  async #generate(into: Accumulation, run: GeneratorRun, origin: Origin | undefined): Promise<void> {
    const made = await run();
    for (const one of made) one.origin ??= origin;
    await wrapped('merging from generator', () => { for (const one of made) absorb(into.all, one); });
  }

  /** Configurations of plugins: inline, or in files and folders. */
  async #configurations(entries: readonly string[], what: string): Promise<Resource[]> {
    const found = new Accumulation();
    const paths: string[] = [];
    for (const entry of entries) {
      let inline;
      try {
        inline = readObjects(entry).map((object) => makeResource(object));
      } catch {
        // It is a path.
        paths.push(entry);
        continue;
      }
      if (this.#origin !== undefined) for (const one of inline) one.origin = within(this.#origin, this.#fileName);
      await wrapped(`configuring external ${what}`, () => appendAll(found.all, inline));
    }
    await this.#resources(found, paths);
    return found.all;
  }

  async #externalGenerators(): Promise<Configured<GeneratorRun>[]> {
    return configuredGenerators(this.#context, await this.#configurations(this.#kustomization.generators ?? [], 'generator'));
  }

  async #external(entries: readonly string[]): Promise<Configured<Transformer>[]> {
    return configuredTransformers(this.#context, await this.#configurations(entries, 'transformer'));
  }

  async #builtinTransformers(fields: FieldConfiguration): Promise<Configured<Transformer>[]> {
    const { patchesStrategicMerge = [], patches = [], namespace = '', namePrefix = '', nameSuffix = '', labels = [], commonLabels, commonAnnotations, patchesJson6902 = [], replicas = [], images = [], replacements = [] } = this.#kustomization;
    const made: Configured<Transformer>[] = [];
    const add = async (kind: string, configuration: Readonly<Record<string, unknown>>): Promise<void> => {
      made.push({ run: await configured(kind, configuration, () => transformers[kind]!(this.#context, configuration)), origin: this.#originOf(kind) });
    };
    if (patchesStrategicMerge.length > 0) await add('PatchStrategicMergeTransformer', { paths: patchesStrategicMerge });
    for (const one of patches) await add('PatchTransformer', { ...one });
    if (namespace !== '') await add('NamespaceTransformer', { metadata: { namespace }, fieldSpecs: fields.namespace });
    if (namePrefix !== '') await add('PrefixTransformer', { prefix: namePrefix, fieldSpecs: fields.namePrefix });
    if (nameSuffix !== '') await add('SuffixTransformer', { suffix: nameSuffix, fieldSpecs: fields.nameSuffix });
    for (const one of labels) await add('LabelTransformer', { labels: one.pairs ?? {}, fieldSpecs: labelFields(one, fields) });
    if (labels.length > 0 || commonLabels !== undefined) await add('LabelTransformer', { labels: commonLabels ?? {}, fieldSpecs: fields.commonLabels });
    if (commonAnnotations !== undefined && Object.keys(commonAnnotations).length > 0) await add('AnnotationsTransformer', { annotations: commonAnnotations, fieldSpecs: fields.commonAnnotations });
    for (const { target, path, patch } of patchesJson6902) await add('PatchJson6902Transformer', { ...(patch !== undefined && { jsonOp: patch }), ...(path !== undefined && { path }), ...(target !== undefined && { target }) });
    for (const replica of replicas) await add('ReplicaCountTransformer', { replica, fieldSpecs: fields.replicas });
    for (const imageTag of images) await add('ImageTagTransformer', { imageTag, fieldSpecs: fields.images });
    if (replacements.length > 0) await add('ReplacementTransformer', { replacements });
    return made;
  }

  /** Validators are transformers that change nothing. */
  async #validate(all: readonly Resource[]): Promise<void> {
    const validators = await this.#external(this.#kustomization.validators ?? []);
    for (const { run } of validators) {
      const before = new Map(all.map((one) => [idText(currentId(one)), JSON.stringify(one.object)]));
      const copies = all.map((one) => ({ ...one, object: cloned(one.object), previous: [...one.previous] }));
      run(copies);
      for (const one of copies) {
        delete one.object.metadata?.labels?.['validated-by'];
        const id = idText(currentId(one));
        if (!before.has(id)) throw new KubectlError(`validator shouldn't modify the resource map: id in self missing from other; id: ${id}`);
        if (before.get(id) !== JSON.stringify(one.object)) throw new KubectlError(`validator shouldn't modify the resource map: nodes unequal: ${id}`);
      }
    }
  }
}

function labelFields({ fields: own = [], includeSelectors = false, includeTemplates = false }: LabelRule, fields: FieldConfiguration): FieldSpec[] {
  try {
    const all = mergeFields(own, fields.labels);
    if (includeSelectors) return mergeFields(all, fields.commonLabels);
    return mergeFields(includeTemplates ? mergeFields(all, fields.templateLabels) : all, [{ path: 'metadata/labels', create: true }]);
  } catch (error) {
    throw new KubectlError(`failed to merge labels: ${(error as Error).message}`, { cause: error });
  }
}

function transform(all: Resource[], run: Transformer, origin: Origin | undefined): void {
  run(all);
  if (origin !== undefined) {
    for (const one of all) {
      if (one.origin === undefined) one.origin = origin;
      else one.transformations.push(origin);
    }
  }
  const kept = all.filter((one) => !one.gone);
  if (kept.length < all.length) all.splice(0, all.length, ...kept);
}
