/**
 * What a CustomResourceDefinition must say. Upstream looks at an internal form of it, in which what all versions have
 * in common stands above them: errors about it have other paths then.
 */
import { factsOf } from '../../custom-resources/schema-facts.ts';
import type { FieldError } from '../../field-error.ts';
import { invalid, notSupported, required } from '../../field-error.ts';
import { isConditionTrue } from '../../meta/conditions.ts';
import { semanticEqual } from '../../meta/equal.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateImmutable } from '../../meta/object-meta.ts';
import { dns1035Label, dns1123Subdomain } from '../../meta/validation.ts';
import type { CustomResourceDefinition, CustomResourceDefinitionNames, CustomResourceDefinitionVersion } from '../../types/apiextensions/v1.ts';
import { addConversion, hasKnownReviewVersion, isBadBundle } from './conversion-validation.ts';
import { hasDefaults, hasUnprunedDefaults } from './default-validation.ts';
import { internalVersion } from './internal-form.ts';
import { schemasOf } from './json-schema.ts';
import { hasLooseSets, keyErrors } from './schema-validation.ts';
import { validateStructural } from './structural.ts';
import { addColumn, addSchema, addSelectableFields, addSubresources, warningErrors } from './version-validation.ts';

type Errors = FieldError[];
type Definition = Loose<CustomResourceDefinition>;
type Version = Loose<CustomResourceDefinitionVersion>;
type Spec = NonNullable<Definition['spec']>;
type Names = Loose<CustomResourceDefinitionNames>;

const approvalAnnotation = 'api-approved.kubernetes.io';
const seeApproval = 'see https://github.com/kubernetes/enhancements/pull/1111';
const perVersion = ['subresources', 'schema', 'additionalPrinterColumns', 'selectableFields'] as const;

/** What the old definition got away with, the new one may keep. */
interface Options {
  readonly schemas: boolean;
  readonly structural: boolean;
  readonly prunedDefaults: boolean;
  readonly knownTypes: boolean;
  readonly atomicSets: boolean;
  readonly keyedLists: boolean;
  readonly knownReviewVersion: boolean;
  readonly badBundle: boolean;
  /** What the versions selected by before, where it was too much. */
  readonly selected: ReadonlyMap<string, Version['selectableFields']>;
  /** The versions' schemas as they were before: what their rules cost was agreed to. */
  readonly schemasBefore: ReadonlyMap<string, Version['schema']>;
}

const versionsOf = ({ spec }: Definition): readonly Version[] => spec?.versions ?? [];

function optionsFor(old: Definition | undefined): Options {
  const schemas = old === undefined ? [] : schemasOf(old);
  const conversion = old?.spec?.conversion;
  const bundle = conversion?.webhook?.clientConfig?.caBundle ?? '';
  return {
    schemas: old === undefined || schemas.length === versionsOf(old).length,
    structural: !schemas.some((schema) => validateStructural(schema, '').length > 0),
    prunedDefaults: !schemas.some(hasUnprunedDefaults),
    knownTypes: !schemas.some((schema) => factsOf(schema).unknownTypes),
    atomicSets: !schemas.some(hasLooseSets),
    keyedLists: !schemas.some((schema) => factsOf(schema).keyedLists.some((one) => keyErrors(one, '').length > 0)),
    knownReviewVersion: hasKnownReviewVersion(conversion?.webhook?.conversionReviewVersions ?? []),
    badBundle: old === undefined || !isEstablished(old) || (bundle !== '' && isBadBundle(bundle)),
    selected: new Map(old === undefined ? [] : versionsOf(old).map(({ name = '', selectableFields }) => [name, selectableFields])),
    schemasBefore: new Map(old === undefined ? [] : versionsOf(old).map(({ name = '', schema }) => [name, schema])),
  };
}

const isEstablished = ({ status }: Definition): boolean => isConditionTrue((status as CustomResourceDefinition['status'])?.conditions, 'Established');

function addLabel(errors: Errors, path: string, value: string, mixedCase = false): void {
  const wrong = value === '' ? [] : dns1035Label(mixedCase ? value.toLowerCase() : value);
  if (wrong.length > 0) errors.push(invalid(path, value, `${mixedCase ? 'may have mixed case, but should otherwise match: ' : ''}${wrong.join(',')}`));
}

function addListLabel(errors: Errors, path: string, value: string): void {
  const wrong = dns1035Label(value);
  if (wrong.length > 0) errors.push(invalid(path, value, wrong.join(',')));
}

function addNames(errors: Errors, path: string, { plural = '', singular = '', kind = '', listKind = '', shortNames = [], categories = [] }: Names): void {
  addLabel(errors, `${path}.plural`, plural);
  addLabel(errors, `${path}.singular`, singular);
  addLabel(errors, `${path}.kind`, kind, true);
  addLabel(errors, `${path}.listKind`, listKind, true);
  shortNames.forEach((name, i) => addListLabel(errors, `${path}.shortNames[${i}]`, name));
  if (kind !== '' && kind === listKind) errors.push(invalid(`${path}.listKind`, listKind, 'kind and listKind may not be the same'));
  categories.forEach((name, i) => addListLabel(errors, `${path}.categories[${i}]`, name));
}

function addGroupAndScope(errors: Errors, { group = '', scope = '' }: Spec): void {
  const wrong = dns1123Subdomain(group);
  if (group === '') errors.push(required('spec.group'));
  else if (wrong.length > 0) errors.push(invalid('spec.group', group, wrong.join(',')));
  else if (!group.includes('.')) errors.push(invalid('spec.group', group, 'should be a domain with at least one dot'));
  if (scope === '') errors.push(required('spec.scope'));
  else if (scope !== 'Cluster' && scope !== 'Namespaced') errors.push(notSupported('spec.scope', scope, ['Cluster', 'Namespaced']));
}

interface Holder {
  readonly path: string;
  readonly schemaPath: string;
  readonly version: Version;
  readonly status: boolean;
  /** The version selected by too much before, and by the same. */
  readonly tooManyBefore: boolean;
  /** The schema is what it was. */
  readonly sameSchema: boolean;
}

/** Schema, subresources, columns and selectable fields, where they are looked at: with a version, or above all of them. */
function addDetails(errors: Errors, { path, schemaPath, version, status, tooManyBefore, sameSchema }: Holder, options: Options): void {
  const schema = version.schema?.openAPIV3Schema;
  addSchema(errors, schemaPath, schema, { ...options, status, costlyRules: sameSchema });
  addSubresources(errors, `${path}.subresources`, version.subresources);
  version.additionalPrinterColumns?.forEach((column, i) => addColumn(errors, `${path}.additionalPrinterColumns[${i}]`, column));
  if ((version.selectableFields ?? []).length === 0) return;
  if (schema === undefined) errors.push(invalid(`${path}.selectableFields`, '', 'may only be set when `version.schema.openAPIV3Schema` is not included'));
  else addSelectableFields(errors, `${path}.selectableFields`, version.selectableFields!, schema, tooManyBefore);
}

/** Takes apart what all versions have in common and what each has alone. */
function splitVersions(versions: readonly Version[]): { readonly common: Version; readonly own: readonly Version[] } {
  const [first] = versions;
  const common: Version = {};
  if (first === undefined) return { common, own: [] };
  const same = perVersion.filter((field) => versions.every((version) => semanticEqual(version[field], first[field])));
  for (const field of same) Object.assign(common, { [field]: first[field] });
  return { common, own: versions.map((version) => Object.fromEntries(Object.entries(version).filter(([field]) => !same.includes(field as (typeof perVersion)[number])))) };
}

function isSameSchema(name: string, { schema }: Version, { schemasBefore }: Options): boolean {
  return schema !== undefined && schemasBefore.has(name) && semanticEqual(schemasBefore.get(name), schema);
}

function addVersions(errors: Errors, versions: readonly Version[], options: Options & { readonly prunes: boolean }): Version {
  const { common, own } = splitVersions(versions);
  const missing = (version: Version): boolean => version.schema?.openAPIV3Schema === undefined;
  versions.forEach((version, i) => {
    if (!missing(version)) return;
    if (options.schemas) errors.push(required(`spec.versions[${i}].schema.openAPIV3Schema`));
    else if (options.prunes && version.served === true) errors.push(required(`spec.versions[${i}].schema.openAPIV3Schema`, 'because otherwise all fields are pruned'));
  });
  own.forEach((version, i) => {
    const path = `spec.versions[${i}]`;
    const { name = '', deprecated = false, deprecationWarning } = version;
    addListLabel(errors, `${path}.name`, name);
    for (const message of warningErrors(deprecated, deprecationWarning)) errors.push(invalid(`${path}.deprecationWarning`, deprecationWarning, message));
    const before = options.selected.get(name);
    addDetails(errors, { path, schemaPath: `${path}.schema`, version, status: versions[i]!.subresources?.status !== undefined, tooManyBefore: before !== undefined && semanticEqual(before, versions[i]!.selectableFields), sameSchema: isSameSchema(name, versions[i]!, options) }, options);
  });
  const shown = (): unknown => own.map(internalVersion);
  if (new Set(versions.map(({ name }) => name)).size < versions.length) errors.push(invalid('spec.versions', shown(), 'must contain unique version names'));
  if (versions.filter(({ storage }) => storage === true).length !== 1) errors.push(invalid('spec.versions', shown(), 'must have exactly one version marked as storage version'));
  return common;
}

function addSpec(errors: Errors, spec: Spec, options: Options): void {
  const { versions = [], names = {}, preserveUnknownFields = false, conversion } = spec;
  addGroupAndScope(errors, spec);
  const schemas = versions.flatMap(({ schema }) => schema?.openAPIV3Schema ?? []);
  const defaults = schemas.some(hasDefaults);
  const structural = options.structural || !preserveUnknownFields || defaults || schemas.some((schema) => factsOf(schema).extensions);
  if (preserveUnknownFields && defaults) errors.push(invalid('spec.preserveUnknownFields', true, 'must be false in order to use defaults in the schema'));
  const common = addVersions(errors, versions, { ...options, structural, prunes: !preserveUnknownFields });
  const first = versions[0]?.name ?? '';
  if (first !== '') addListLabel(errors, 'spec.version', first);
  for (const field of ['plural', 'singular', 'kind', 'listKind'] as const) if ((names[field] ?? '') === '') errors.push(required(`spec.names.${field}`));
  addNames(errors, 'spec.names', names);
  const before = options.selected.get(first);
  addDetails(errors, { path: 'spec', schemaPath: 'spec.validation', version: common, status: versions.some(({ subresources }) => subresources?.status !== undefined), tooManyBefore: before !== undefined && semanticEqual(before, common.selectableFields), sameSchema: isSameSchema(first, common, options) }, { ...options, structural });
  if (conversion?.strategy !== undefined && conversion.strategy !== 'None' && preserveUnknownFields) errors.push(invalid('spec.conversion.strategy', conversion.strategy, 'must be None if spec.preserveUnknownFields is true'));
  if (conversion !== undefined) addConversion(errors, 'spec.conversion', conversion, options);
}

function addStoredVersions(errors: Errors, definition: Definition): void {
  const path = 'status.storedVersions';
  const stored = definition.status?.storedVersions ?? [];
  if (stored.length === 0) return void errors.push(invalid(path, null, 'must have at least one stored version'));
  const versions = versionsOf(definition);
  for (const { name = '', storage } of versions) if (storage === true && !stored.includes(name)) errors.push(invalid(path, stored, `must have the storage version ${name}`));
  stored.forEach((name, i) => {
    if (!versions.some((version) => version.name === name)) errors.push(invalid(`${path}[${i}]`, name, `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`));
  });
}

type Approval = 'missing' | 'bypassed' | 'approved' | 'invalid';

function approvalOf({ metadata }: Definition): Approval {
  const annotation = metadata?.annotations?.[approvalAnnotation] ?? '';
  if (annotation === '') return 'missing';
  if (annotation.startsWith('unapproved')) return 'bypassed';
  return /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#\s]+/.test(annotation) ? 'approved' : 'invalid';
}

/** Groups of the Kubernetes project itself are for APIs that it has looked at. */
function addApproval(errors: Errors, definition: Definition, old: Definition | undefined): void {
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(definition.spec?.group ?? '')) return;
  const state = approvalOf(definition);
  if (old !== undefined && approvalOf(old) === state) return;
  const path = `metadata.annotations[${approvalAnnotation}]`;
  if (state === 'missing') errors.push(required(path, `protected groups must have approval annotation "${approvalAnnotation}", ${seeApproval}`));
  if (state === 'invalid') errors.push(invalid(path, definition.metadata?.annotations?.[approvalAnnotation], `protected groups must have approval annotation "${approvalAnnotation}" with either a URL or a reason starting with "unapproved", ${seeApproval}`));
}

/** `old`: what an update replaces. */
export function validateDefinition(definition: Definition, old?: Definition): FieldError[] {
  const errors: Errors = [];
  const { metadata = {}, spec = {}, status } = definition;
  const { group = '', names = {} } = spec;
  const name = metadata.name ?? '';
  if (old === undefined && name !== '' && name !== `${names.plural ?? ''}.${group}`) errors.push(invalid('metadata.name', name, 'must be spec.names.plural+"."+spec.group'));
  addSpec(errors, spec, optionsFor(old));
  if (old !== undefined) {
    const before = old.spec ?? {};
    if (isEstablished(old)) errors.push(...validateImmutable('spec.scope', spec.scope ?? '', before.scope ?? ''), ...validateImmutable('spec.names.kind', names.kind ?? '', before.names?.kind ?? ''));
    errors.push(...validateImmutable('spec.group', group, before.group ?? ''), ...validateImmutable('spec.names.plural', names.plural ?? '', before.names?.plural ?? ''));
  }
  addNames(errors, 'status.acceptedNames', status?.acceptedNames ?? {});
  addStoredVersions(errors, definition);
  addApproval(errors, definition, old);
  if (spec.preserveUnknownFields === true && old?.spec?.preserveUnknownFields !== true) errors.push(invalid('spec.preserveUnknownFields', true, 'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead'));
  return errors;
}

/** The status that the controllers write. */
export function validateDefinitionStatus({ status }: Definition): FieldError[] {
  const errors: Errors = [];
  addNames(errors, 'status.acceptedNames', status?.acceptedNames ?? {});
  return errors;
}
