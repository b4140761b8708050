import { isMap } from '../../base/is-map.ts';
import { basename } from 'node:path';
import { KubectlError } from '../errors.ts';
import { toGoYaml } from '../printers/go-yaml.ts';
import type { AnyObject } from '../resources/item.ts';
import { decodeYaml } from '../../api/codec/yaml.ts';
import type { FieldSpec } from './field-spec.ts';
import { read, splitPath, write } from './field-spec.ts';
import { addEntries, setImages, setReplicas } from './fields.ts';
import type { Folder } from './folder.ts';
import { generate } from './generate.ts';
import type { Generator, ImageRule, Labels, PatchRule, ReplicaRule, Replacement, Selector } from './kustomization.ts';
import { replacementShape } from './kustomization.ts';
import type { FindSchema } from './merge-schema.ts';
import { setNamespace, subjectModes, surroundNames } from './names.ts';
import type { SubjectMode } from './names.ts';
import { mergePatches, operationsTransformer, patchTransformer } from './patch.ts';
import { replaceFields } from './replace.ts';
import { select } from './resource-list.ts';
import { makeResource, remember, nameOf } from './resource.ts';
import { hashedName } from '../commands/create/hashed-name.ts';
import { misfit } from './shape.ts';
import type { GeneratorRun, Transformer } from './transformer.ts';
import { placesAt, plainValue } from './value-path.ts';

/** What a builtin plugin is given: the folder that its paths begin at. */
export interface BuiltinContext { readonly folder: Folder; readonly schemas: FindSchema }
/** A plugin's own configuration; its fields are as upstream names them. */
export type Configuration = Readonly<Record<string, unknown>>;
type MakeTransformer = (context: BuiltinContext, configuration: Configuration) => Promise<Transformer> | Transformer;
type MakeGenerator = (context: BuiltinContext, configuration: Configuration) => GeneratorRun;

const fieldsOf = (configuration: Configuration): readonly FieldSpec[] => (configuration['fieldSpecs'] ?? configuration['FieldSpecs'] ?? []) as readonly FieldSpec[];
const text = (value: unknown): string => (value === undefined || value === null ? '' : String(value as string));
const metadataOf = (configuration: Configuration): Configuration => (isMap(configuration['metadata']) ? configuration['metadata'] : {});

function surrounding(which: 'prefix' | 'suffix'): MakeTransformer {
  return (_, configuration) => {
    if (configuration['fieldSpecs'] === undefined) throw new KubectlError('fieldSpecs is not expected to be nil');
    return surroundNames({ [which]: text(configuration[which]) }, fieldsOf(configuration));
  };
}

const namespace: MakeTransformer = (_, configuration) => {
  const mode = text(configuration['setRoleBindingSubjects']);
  if (mode !== '' && !subjectModes.includes(mode as SubjectMode)) throw new KubectlError(`invalid value ${JSON.stringify(mode)} for setRoleBindingSubjects: must be one of "defaultOnly", "none" or "allServiceAccounts"`);
  return setNamespace(text(metadataOf(configuration)['namespace']), fieldsOf(configuration), { unsetOnly: configuration['unsetOnly'] === true, ...(mode !== '' && { subjects: mode as SubjectMode }) });
};

/** Loads the replacements that are in files. */
export const replacements: MakeTransformer = async ({ folder }, configuration) => {
  const all: Replacement[] = [];
  for (const one of (configuration['replacements'] ?? []) as readonly Replacement[]) {
    const { path = '' } = one;
    if (path === '') {
      all.push(one);
      continue;
    }
    if (one.source !== undefined || (one.targets?.length ?? 0) > 0) throw new KubectlError('cannot specify both path and inline replacement');
    const { value } = decodeYaml((await folder.load(path)).toString('utf8'));
    if (!Array.isArray(value) && !isMap(value)) throw new KubectlError(`unsupported replacement type encountered within replacement path: ${value === null ? 'invalid' : typeof value}`);
    for (const item of Array.isArray(value) ? value as unknown[] : [value]) {
      // Unknown fields are let pass here, as upstream's reader does.
      const mistake = misfit(item, replacementShape, { root: 'Replacement' });
      if (mistake !== undefined && !mistake.includes('unknown field')) throw new KubectlError(`error unmarshaling JSON: while decoding JSON: ${mistake}`);
      all.push(item as Replacement);
    }
  }
  return (resources) => replaceFields(resources, all);
};

interface ValueTarget { readonly selector?: Selector; readonly fieldPath?: string; readonly filePathPosition?: number }

/** A part put into a file's path; beyond the last it is put behind it. */
function withPathPart(path: string, position: number, part: string): string {
  const parts = path === '' ? [] : path.split('/').filter((one, i) => one !== '' || i === 0);
  const at = Math.min(position, parts.length);
  return parts.toSpliced(parts[0] === '' && at < parts.length ? at + 1 : at, 0, part).join('/');
}

const addValue: MakeTransformer = async ({ folder }, configuration) => {
  const value = text(configuration['value']).trim() || basename(folder.root);
  const targets = [...(configuration['targets'] ?? []) as readonly ValueTarget[]];
  const path = text(configuration['targetFilePath']);
  if (path !== '') {
    const { value: file } = decodeYaml((await folder.load(path)).toString('utf8'));
    if (isMap(file)) targets.push(...(file['targets'] ?? []) as readonly ValueTarget[]);
  }
  if (targets.length === 0) throw new KubectlError('must specify at least one target');
  for (const { fieldPath = '', filePathPosition = 0 } of targets) {
    if (fieldPath === '') throw new KubectlError('fieldPath cannot be empty');
    if (filePathPosition < 0) throw new KubectlError(`value of FilePathPosition (${filePathPosition}) cannot be negative`);
  }
  return (all) => {
    for (const { selector, fieldPath = '', filePathPosition = 0 } of targets) {
      for (const one of selector === undefined ? [...all] : select(all, selector)) {
        if (fieldPath === 'metadata/namespace') setNamespace(value, [])([one]);
        else for (const place of placesAt(one.object, splitPath(fieldPath, '/'), 'scalar')) write(place, plainValue(filePathPosition > 0 ? withPathPart(text(read(place)), filePathPosition - 1, value) : value));
      }
    }
  };
};

/** Names of generated objects follow from their content, so that whoever uses them starts anew when that changes. */
export const hashNames: Transformer = (all) => {
  for (const one of all) {
    if (!one.hashed) continue;
    remember(one);
    // Its name is not part of what is hashed.
    one.object.metadata = { ...one.object.metadata, name: `${nameOf(one.object)}${hashedName({ ...one.object, metadata: { name: '' } })}` };
  }
};

const rename = (configuration: Configuration, ...[from, to]: readonly [string, string]): Configuration => ({ ...configuration, [to]: configuration[to] ?? configuration[from] });

export const transformers: Readonly<Record<string, MakeTransformer>> = {
  AnnotationsTransformer: (_, configuration) => addEntries((rename(configuration, 'Annotations', 'annotations')['annotations'] ?? {}) as Labels, fieldsOf(configuration)),
  HashTransformer: () => hashNames,
  ImageTagTransformer: (_, configuration) => setImages((configuration['imageTag'] ?? {}) as ImageRule, fieldsOf(configuration)),
  LabelTransformer: (_, configuration) => addEntries((rename(configuration, 'Labels', 'labels')['labels'] ?? {}) as Labels, fieldsOf(configuration)),
  NamespaceTransformer: namespace,
  PatchJson6902Transformer: ({ folder }, configuration) => operationsTransformer(folder, configuration),
  PatchStrategicMergeTransformer: ({ folder, schemas }, configuration) => mergePatches(folder, configuration, schemas),
  PatchTransformer: ({ folder, schemas }, configuration) => patchTransformer(folder, configuration as PatchRule, schemas),
  PrefixTransformer: surrounding('prefix'),
  SuffixTransformer: surrounding('suffix'),
  PrefixSuffixTransformer: async (context, configuration) => {
    const [prefix, suffix] = [await surrounding('prefix')(context, configuration), await surrounding('suffix')(context, configuration)];
    return (all) => {
      prefix(all);
      suffix(all);
    };
  },
  ReplacementTransformer: replacements,
  ReplicaCountTransformer: (_, configuration) => setReplicas((configuration['replica'] ?? {}) as ReplicaRule, fieldsOf(configuration)),
  ValueAddTransformer: addValue,
};

function generatorOf(kind: 'ConfigMap' | 'Secret'): MakeGenerator {
  return ({ folder }, configuration) => {
    const metadata = metadataOf(configuration);
    const args = { ...configuration, name: text(configuration['name']) || text(metadata['name']), namespace: text(configuration['namespace']) || text(metadata['namespace']) } as Generator;
    return async () => [await generate(folder, kind, args)];
  };
}

const iamPolicy: MakeGenerator = (_, configuration) => async () => {
  const part = (name: string): Configuration => (isMap(configuration[name]) ? configuration[name] : {});
  if (configuration['cloud'] !== 'gke') throw new KubectlError(`cloud provider ${text(configuration['cloud'])} not supported yet`);
  const [service, account] = [part('kubernetesService'), part('serviceAccount')];
  const object: AnyObject = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { annotations: { 'iam.gke.io/gcp-service-account': `${text(account['name'])}@${text(account['projectId'])}.iam.gserviceaccount.com` }, name: text(service['name']), ...(service['namespace'] !== undefined && { namespace: text(service['namespace']) }) } };
  return Promise.resolve([makeResource(object)]);
};

export const generators: Readonly<Record<string, MakeGenerator>> = {
  ConfigMapGenerator: generatorOf('ConfigMap'),
  SecretGenerator: generatorOf('Secret'),
  IAMPolicyGenerator: iamPolicy,
  HelmChartInflationGenerator: () => { throw new KubectlError('must specify --enable-helm'); },
};

/** Runs what makes a builtin, and tells of what goes wrong as upstream does. */
export async function configured<T>(name: string, configuration: Configuration, make: () => Promise<T> | T): Promise<T> {
  try {
    return await make();
  } catch (error) {
    throw new KubectlError(`trouble configuring builtin ${name} with config: \`\n${toGoYaml(configuration)}\`: ${(error as Error).message}`, { cause: error });
  }
}
