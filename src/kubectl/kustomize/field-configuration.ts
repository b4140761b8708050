import { isMap } from '../../base/is-map.ts';
import { KubectlError } from '../errors.ts';
import type { FieldConfiguration, NameReference } from './default-fields.ts';
import { defaultFields } from './default-fields.ts';
import type { FieldSpec } from './field-spec.ts';
import { mergeFields } from './field-spec.ts';
import type { KindPattern } from './resource.ts';
import { kindRank } from './order.ts';

const empty: FieldConfiguration = { namePrefix: [], nameSuffix: [], namespace: [], commonLabels: [], labels: [], templateLabels: [], commonAnnotations: [], nameReference: [], varReference: [], images: [], replicas: [] };
export const noFields = empty;

type Names = Exclude<keyof FieldConfiguration, 'nameReference'>;
const lists = Object.keys(empty).filter((name): name is Names => name !== 'nameReference');

const isSamePattern = (a: KindPattern, b: KindPattern): boolean => (a.group ?? '') === (b.group ?? '') && (a.version ?? '') === (b.version ?? '') && (a.kind ?? '') === (b.kind ?? '');

function mergeReferences(references: readonly NameReference[], more: readonly NameReference[]): NameReference[] {
  let all = [...references];
  for (const one of more) {
    const there = all.some((other) => isSamePattern(other, one));
    all = there ? all.map((other) => (isSamePattern(other, one) ? { ...other, fieldSpecs: mergeFields(other.fieldSpecs, one.fieldSpecs) } : other)) : [...all, one];
  }
  return all;
}

function ordered(configuration: FieldConfiguration): FieldConfiguration {
  const inOrder = <T extends KindPattern>(all: readonly T[]): T[] => all.toSorted(kindRank);
  return { ...Object.fromEntries(lists.map((name) => [name, inOrder(configuration[name])])) as Record<Names, FieldSpec[]>, nameReference: inOrder(configuration.nameReference) };
}

/** Both together, in the order of kinds. */
export function mergeConfigurations(one: FieldConfiguration, other: FieldConfiguration): FieldConfiguration {
  return ordered({ ...Object.fromEntries(lists.map((name) => [name, mergeFields(one[name], other[name])])) as unknown as Record<Names, FieldSpec[]>, nameReference: mergeReferences(one.nameReference, other.nameReference) });
}

let defaults: FieldConfiguration | undefined;

/** The default fields and those of configuration files, each already read. */
export function fieldConfiguration(files: readonly unknown[]): FieldConfiguration {
  let all = (defaults ??= ordered(defaultFields));
  for (const file of files) all = mergeConfigurations(all, fromFile(file));
  return all;
}

function fromFile(value: unknown): FieldConfiguration {
  if (value === null || value === undefined) return empty;
  const refuse = (message: string): never => { throw new KubectlError(`error unmarshaling JSON: while decoding JSON: json: ${message}`); };
  if (!isMap(value)) return refuse('cannot unmarshal into Go value of type builtinconfig.TransformerConfig');
  const unknown = Object.keys(value).find((name) => !Object.hasOwn(empty, name));
  if (unknown !== undefined) refuse(`unknown field ${JSON.stringify(unknown)}`);
  return { ...empty, ...value };
}
