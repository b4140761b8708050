import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { KubectlError } from '../errors.ts';

/** A kustomization file, as far as it is read. */
export interface Kustomization {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: unknown;
  readonly resources?: readonly string[];
  readonly bases?: readonly string[];
  readonly components?: readonly string[];
  readonly namespace?: string;
  readonly namePrefix?: string;
  readonly nameSuffix?: string;
  readonly commonLabels?: Labels;
  readonly labels?: readonly LabelRule[];
  readonly commonAnnotations?: Labels;
  readonly images?: readonly ImageRule[];
  readonly replicas?: readonly { readonly name: string; readonly count: number }[];
  readonly patches?: readonly PatchRule[];
  readonly patchesStrategicMerge?: readonly string[];
  readonly patchesJson6902?: readonly PatchRule[];
  readonly configMapGenerator?: readonly Generator[];
  readonly secretGenerator?: readonly Generator[];
  readonly generatorOptions?: GeneratorOptions;
  readonly replacements?: readonly (Replacement | { readonly path: string })[];
  readonly sortOptions?: { readonly order?: 'fifo' | 'legacy' };
}

export type Labels = Readonly<Record<string, string>>;
export interface LabelRule { readonly pairs?: Labels; readonly includeSelectors?: boolean; readonly includeTemplates?: boolean }
export interface ImageRule { readonly name: string; readonly newName?: string; readonly newTag?: string; readonly digest?: string; readonly tagSuffix?: string }
export interface Selector { readonly group?: string; readonly version?: string; readonly kind?: string; readonly name?: string; readonly namespace?: string; readonly labelSelector?: string; readonly annotationSelector?: string }
export interface PatchRule { readonly path?: string; readonly patch?: string; readonly target?: Selector; readonly options?: { readonly allowNameChange?: boolean; readonly allowKindChange?: boolean } }
export interface GeneratorOptions { readonly labels?: Labels; readonly annotations?: Labels; readonly disableNameSuffixHash?: boolean; readonly immutable?: boolean }
export interface Generator {
  readonly name: string;
  readonly namespace?: string;
  readonly behavior?: 'create' | 'replace' | 'merge';
  readonly literals?: readonly string[];
  readonly files?: readonly string[];
  readonly envs?: readonly string[];
  readonly env?: string;
  readonly type?: string;
  readonly options?: GeneratorOptions;
}
interface FieldOptions { readonly delimiter?: string; readonly index?: number; readonly create?: boolean }
export interface Replacement {
  readonly source: Selector & { readonly fieldPath?: string; readonly options?: FieldOptions };
  readonly targets: readonly { readonly select: Selector; readonly reject?: readonly Selector[]; readonly fieldPaths?: readonly string[]; readonly options?: FieldOptions }[];
}

const fields = new Set(['apiVersion', 'kind', 'metadata', 'resources', 'bases', 'components', 'namespace', 'namePrefix', 'nameSuffix', 'commonLabels', 'labels', 'commonAnnotations', 'images', 'imageTags', 'replicas', 'patches', 'patchesStrategicMerge', 'patchesJson6902', 'configMapGenerator', 'secretGenerator', 'generatorOptions', 'replacements', 'sortOptions', 'openapi', 'crds', 'configurations', 'generators', 'transformers', 'validators', 'vars', 'helmCharts', 'helmGlobals', 'buildMetadata']);
/** Those that another program, or another file, would have to be asked for. */
const unsupported = ['crds', 'configurations', 'generators', 'transformers', 'validators', 'vars', 'helmCharts', 'helmGlobals', 'openapi', 'buildMetadata', 'imageTags'] as const;
/** What upstream says is to be written otherwise. */
const deprecated: Readonly<Record<string, string>> = { bases: 'resources', commonLabels: 'labels', patchesStrategicMerge: 'patches', patchesJson6902: 'patches' };

export const kustomizationNames = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'] as const;

export const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory();

/** Reads the one kustomization file of a folder. Throws KubectlError for none, several, and for fields that there are not. */
export async function readKustomization(folder: string, warn: (text: string) => Promise<void>): Promise<Kustomization> {
  const found = kustomizationNames.filter((name) => existsSync(join(folder, name)));
  if (found.length === 0) throw new KubectlError(`unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '${resolve(folder)}'`);
  if (found.length > 1) throw new KubectlError(`Found multiple kustomization files under: ${resolve(folder)}`);
  const { decodeYaml } = await import('../../api/codec/yaml.ts');
  let value: unknown;
  try {
    ({ value } = decodeYaml(readFileSync(join(folder, found[0]!), 'utf8')));
  } catch (error) {
    throw new KubectlError(`invalid Kustomization: ${(error as Error).message}`, { cause: error });
  }
  if (value === null || value === undefined) throw new KubectlError('kustomization.yaml is empty');
  if (typeof value !== 'object' || Array.isArray(value)) throw new KubectlError('invalid Kustomization: an object is expected');
  const unknown = Object.keys(value).find((name) => !fields.has(name));
  if (unknown !== undefined) throw new KubectlError(`invalid Kustomization: json: unknown field ${JSON.stringify(unknown)}`);
  const not = unsupported.find((name) => Object.hasOwn(value, name));
  if (not !== undefined) throw new KubectlError(`not supported: ${JSON.stringify(not)} of a kustomization`);
  for (const [name, instead] of Object.entries(deprecated)) {
    if (Object.hasOwn(value, name)) await warn(`# Warning: '${name}' is deprecated. Please use '${instead}' instead. Run 'kustomize edit fix' to update your Kustomization automatically.\n`);
  }
  return value as Kustomization;
}
