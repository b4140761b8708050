import { KubectlError } from '../errors.ts';
import type { FieldSpec } from './field-spec.ts';
import type { Folder } from './folder.ts';
import type { Shape } from './shape.ts';
import { any, bool, int64, list, map, misfit, named, object, string } from './shape.ts';

export type Labels = Readonly<Record<string, string>>;
export interface LabelRule { readonly pairs?: Labels; readonly includeSelectors?: boolean; readonly includeTemplates?: boolean; readonly fields?: readonly FieldSpec[] }
export interface ImageRule { readonly name?: string; readonly newName?: string; readonly newTag?: string; readonly digest?: string; readonly tagSuffix?: string }
export interface Selector { readonly group?: string; readonly version?: string; readonly kind?: string; readonly name?: string; readonly namespace?: string; readonly labelSelector?: string; readonly annotationSelector?: string }
export interface PatchOptions { readonly allowNameChange?: boolean; readonly allowKindChange?: boolean }
export interface PatchRule { readonly path?: string; readonly patch?: string; readonly target?: Selector; readonly options?: PatchOptions }
export interface GeneratorOptions { readonly labels?: Labels; readonly annotations?: Labels; readonly disableNameSuffixHash?: boolean; readonly immutable?: boolean }
export interface Generator {
  readonly name?: string;
  readonly namespace?: string;
  readonly behavior?: string;
  readonly literals?: readonly string[];
  readonly files?: readonly string[];
  readonly envs?: readonly string[];
  readonly env?: string;
  readonly type?: string;
  readonly options?: GeneratorOptions;
}
export interface FieldOptions { readonly delimiter?: string; readonly index?: number; readonly encoding?: string; readonly create?: boolean }
export interface Source { readonly group?: string; readonly version?: string; readonly kind?: string; readonly name?: string; readonly namespace?: string; readonly fieldPath?: string; readonly options?: FieldOptions }
export interface ReplacementTarget { readonly select?: Selector; readonly reject?: readonly Selector[]; readonly fieldPaths?: readonly string[]; readonly options?: FieldOptions }
export interface Replacement { readonly path?: string; readonly source?: Source; readonly sourceValue?: string; readonly targets?: readonly ReplacementTarget[] }
export interface ReplicaRule { readonly name?: string; readonly count?: number }
export interface SortOptions { readonly order?: string; readonly legacySortOptions?: { readonly orderFirst?: readonly string[]; readonly orderLast?: readonly string[] } }
export interface Variable { readonly name: string; readonly objref: { readonly apiVersion?: string; readonly group?: string; readonly version?: string; readonly kind?: string; readonly name: string; readonly namespace?: string }; readonly fieldref?: { readonly fieldPath?: string } }

/** A kustomization file, its deprecated fields moved to where they are now. */
export interface Kustomization {
  readonly apiVersion: string;
  readonly kind: string;
  readonly openapi?: Readonly<Record<string, string>>;
  readonly resources?: readonly string[];
  readonly components?: readonly string[];
  readonly crds?: readonly string[];
  readonly namespace?: string;
  readonly namePrefix?: string;
  readonly nameSuffix?: string;
  readonly commonLabels?: Labels;
  readonly labels?: readonly LabelRule[];
  readonly commonAnnotations?: Labels;
  readonly images?: readonly ImageRule[];
  readonly replicas?: readonly ReplicaRule[];
  readonly patches?: readonly PatchRule[];
  readonly patchesStrategicMerge?: readonly string[];
  readonly patchesJson6902?: readonly PatchRule[];
  readonly configMapGenerator?: readonly Generator[];
  readonly secretGenerator?: readonly Generator[];
  readonly generatorOptions?: GeneratorOptions;
  readonly helmCharts?: readonly Readonly<Record<string, unknown>>[];
  readonly helmGlobals?: Readonly<Record<string, unknown>>;
  readonly replacements?: readonly Replacement[];
  readonly vars?: readonly Variable[];
  readonly sortOptions?: SortOptions;
  readonly configurations?: readonly string[];
  readonly generators?: readonly string[];
  readonly transformers?: readonly string[];
  readonly validators?: readonly string[];
  readonly buildMetadata?: readonly string[];
}

const strings = list(string);
const kind = { group: string, version: string, kind: string };
const id = { ...kind, name: string, namespace: string };
const selector = object('types.Selector', { ...id, annotationSelector: string, labelSelector: string });
const patch = object('types.Patch', { path: string, patch: string, target: selector, options: object('types.PatchArgs', { allowNameChange: bool, allowKindChange: bool }) });
const generatorOptions = object('types.GeneratorOptions', { labels: map(string), annotations: map(string), disableNameSuffixHash: bool, immutable: bool });
const generator = { namespace: string, name: string, behavior: string, literals: strings, files: strings, envs: strings, env: string, options: generatorOptions };
const image = object('types.Image', { name: string, newName: string, tagSuffix: string, newTag: string, digest: string });
const fieldOptions = object('types.FieldOptions', { delimiter: string, index: { type: 'int64', name: 'int' }, encoding: string, create: bool });
const replacement = { source: object('types.SourceSelector', { ...id, fieldPath: string, options: fieldOptions }), sourceValue: string, targets: list(object('types.TargetSelector', { select: selector, reject: list(selector), fieldPaths: strings, options: fieldOptions })) };
const fieldSpec = object('types.FieldSpec', { ...kind, path: string, create: bool });
const chart = object('types.HelmChart', {
  name: string, version: string, repo: string, releaseName: string, namespace: string, additionalValuesFiles: strings, valuesFile: string, valuesInline: map(any), valuesMerge: string, includeCRDs: bool, skipHooks: bool, apiVersions: strings,
  kubeVersion: string, nameTemplate: string, skipTests: bool, debug: bool, devel: bool,
});
const oldChart = object('types.HelmChartArgs', { chartName: string, chartVersion: string, chartRepoUrl: string, chartHome: string, chartRepoName: string, helmBin: string, helmHome: string, values: string, valuesLocal: map(any), valuesMerge: string, releaseName: string, releaseNamespace: string, extraArgs: strings });

/** A file of replacements. */
export const replacementShape: Shape = object('types.Replacement', replacement);
const kustomizationShape: Shape = object('types.Kustomization', {
  apiVersion: string, kind: string, metadata: object('types.ObjectMeta', { name: string, namespace: string, labels: map(string), annotations: map(string) }), openapi: map(string),
  namePrefix: string, nameSuffix: string, namespace: string, commonLabels: map(string),
  labels: list(object('types.Label', { pairs: map(string), includeSelectors: bool, includeTemplates: bool, fields: list(fieldSpec) })), commonAnnotations: map(string),
  patchesStrategicMerge: { type: 'list', name: '[]types.PatchStrategicMerge', items: { type: 'string', name: 'types.PatchStrategicMerge' } }, patchesJson6902: list(patch), patches: list(patch), images: list(image), imageTags: list(image),
  replacements: list(object('types.ReplacementField', { ...replacement, path: string })), replicas: list(object('types.Replica', { name: string, count: int64 })),
  vars: list(object('types.Var', { name: string, objref: object('types.Target', { apiVersion: string, ...id }), fieldref: object('types.FieldSelector', { fieldPath: string }) })),
  sortOptions: object('types.SortOptions', { order: { type: 'string', name: 'types.SortOrder' }, legacySortOptions: object('types.LegacySortOptions', { orderFirst: strings, orderLast: strings }) }),
  resources: strings, components: strings, crds: strings, bases: strings,
  configMapGenerator: list(object('types.ConfigMapArgs', generator)), secretGenerator: list(object('types.SecretArgs', { ...generator, type: string })),
  helmGlobals: object('types.HelmGlobals', { chartHome: string, configHome: string }), helmCharts: list(chart), helmChartInflationGenerator: list(oldChart), generatorOptions,
  configurations: strings, generators: strings, transformers: strings, validators: strings, buildMetadata: strings,
});

/** What upstream says is to be written otherwise, in its order. */
const deprecated: Readonly<Record<string, string>> = { bases: 'resources', commonLabels: 'labels', imageTags: 'images', patchesJson6902: 'patches', patchesStrategicMerge: 'patches', vars: 'replacements' };

export const kustomizationNames = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'] as const;

type Raw = Kustomization & { readonly bases?: readonly string[]; readonly imageTags?: readonly ImageRule[]; readonly helmChartInflationGenerator?: readonly Readonly<Record<string, unknown>>[] };

function withoutOldFields(raw: Raw): Kustomization {
  const { bases = [], imageTags = [], helmChartInflationGenerator = [], ...rest } = raw;
  const both = <T>(list: readonly T[] | undefined, more: readonly T[]): readonly T[] | undefined => (more.length === 0 ? list : [...list ?? [], ...more]);
  const generators = (all: readonly Generator[] | undefined): readonly Generator[] | undefined => all?.map(({ env, ...one }) => (env === undefined || env === '' ? one : { ...one, envs: [...one.envs ?? [], env] }));
  const charts = helmChartInflationGenerator.map((old) => ({ name: old['chartName'], version: old['chartVersion'], repo: old['chartRepoUrl'], valuesFile: old['values'], valuesInline: old['valuesLocal'], valuesMerge: old['valuesMerge'], releaseName: old['releaseName'] }));
  const more = { resources: both(rest.resources, bases), images: both(rest.images, imageTags), configMapGenerator: generators(rest.configMapGenerator), secretGenerator: generators(rest.secretGenerator), helmCharts: both(rest.helmCharts, charts) };
  return { ...rest, ...Object.fromEntries(Object.entries(more).filter(([, value]) => value !== undefined)) };
}

export interface ReadKustomization { readonly kustomization: Kustomization; readonly fileName: string }

/** Reads the one kustomization file of a folder. Throws KubectlError for none, several, and for fields that there are not. */
export async function readKustomization(folder: Folder, warn: (text: string) => Promise<void>): Promise<ReadKustomization> {
  const found: { readonly name: string; readonly text: string }[] = [];
  for (const name of kustomizationNames) {
    try {
      found.push({ name, text: (await folder.load(name)).toString('utf8') });
    } catch {
      // It is one of the names that the file has not.
    }
  }
  const [only] = found;
  if (only === undefined) throw new KubectlError(`unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '${folder.root}'`);
  if (found.length > 1) throw new KubectlError(`Found multiple kustomization files under: ${folder.root}\n`);
  const { decodeYaml } = await import('../../api/codec/yaml.ts');
  let value: unknown;
  try {
    ({ value } = decodeYaml(only.text));
  } catch (error) {
    throw new KubectlError(`invalid Kustomization: ${(error as Error).message.replace('error converting YAML to JSON: ', '')}`, { cause: error });
  }
  const mistake = misfit(value, kustomizationShape, { root: 'Kustomization' });
  if (mistake !== undefined) throw new KubectlError(`invalid Kustomization: ${mistake}`);
  const raw = named(value ?? {}, kustomizationShape) as Raw;
  for (const [name, instead] of Object.entries(deprecated)) {
    if (Object.hasOwn(raw, name)) await warn(`# Warning: '${name}' is deprecated. Please use '${instead}' instead. ${name === 'vars' ? '[EXPERIMENTAL] ' : ''}Run 'kustomize edit fix' to update your Kustomization automatically.\n`);
  }
  if (Object.keys(raw).every((name) => name === 'apiVersion' || name === 'kind')) throw new KubectlError('kustomization.yaml is empty');
  return { kustomization: checked(withoutOldFields(raw), folder.root), fileName: only.name };
}

function checked(kustomization: Kustomization, root: string): Kustomization {
  const { kind = '', apiVersion = '' } = kustomization as Partial<Kustomization>;
  const isComponent = kind === 'Component';
  const version = isComponent ? 'kustomize.config.k8s.io/v1alpha1' : 'kustomize.config.k8s.io/v1beta1';
  const mistakes = [...(kind === '' || kind === 'Kustomization' || isComponent ? [] : ['kind should be Kustomization or Component']), ...(apiVersion === '' || apiVersion === version ? [] : [`apiVersion for ${kind === '' ? 'Kustomization' : kind} should be ${version}`])];
  if (mistakes.length > 0) throw new KubectlError(`Failed to read kustomization file under ${root}:\n${mistakes.join('\n')}`);
  return { ...kustomization, kind: kind === '' ? 'Kustomization' : kind, apiVersion: apiVersion === '' ? version : apiVersion };
}
