import type { CelType } from '../../api/cel/language/types.ts';
import { DYN } from '../../api/cel/language/types.ts';
import { declTypeOf } from '../../api/cel/schema/decl-type.ts';
import { builtinSchema } from '../../api/schema/table.ts';
import type { RuleWithOperations, ValidatingAdmissionPolicy } from '../../api/types/admissionregistration/v1.ts';
import type { CustomResourceDefinition } from '../../api/types/apiextensions/v1.ts';
import { objectType } from './object-types.ts';

/** Upstream's limit of kinds that expressions are checked against. */
const maxKinds = 10;

/** A kind with the type that expressions see of its objects. */
export interface CheckedKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly type: CelType;
}

/** What wildcards match is not known; subresources have kinds of their own. */
const plain = (names: readonly string[] | undefined): readonly string[] => (names === undefined || names.some((name) => name.includes('*')) ? [] : [...names].sort());
const plainResources = ({ resources = [] }: RuleWithOperations): readonly string[] => resources.filter((name) => !/[*/]/.test(name)).sort();

/** The kinds that a policy names, in the order of group, version and kind. */
export function checkedKinds({ spec }: ValidatingAdmissionPolicy, definitions: readonly CustomResourceDefinition[]): readonly CheckedKind[] {
  const found = new Map<string, CheckedKind>();
  for (const rule of spec?.matchConstraints?.resourceRules ?? []) {
    for (const group of plain(rule.apiGroups)) for (const version of plain(rule.apiVersions)) for (const resource of plainResources(rule)) {
      const kind = kindOf({ group, version, resource }, definitions);
      if (kind !== undefined && found.size < maxKinds) found.set(`${group}/${version}/${kind.kind}`, kind);
    }
  }
  return [...found.values()].sort((a, b) => compare(a.group, b.group) || compare(a.version, b.version) || compare(a.kind, b.kind));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function kindOf({ group, version, resource }: { readonly group: string; readonly version: string; readonly resource: string }, definitions: readonly CustomResourceDefinition[]): CheckedKind | undefined {
  const builtin = builtinSchema.resource(group, version, resource);
  if (builtin !== undefined) return { group, version, kind: builtin.kind, type: objectType(builtin.schema) };
  const definition = definitions.find(({ spec }) => spec.group === group && spec.names.plural === resource);
  return definition && customKind(definition, version);
}

function customKind({ spec: { group, names: { kind }, versions } }: CustomResourceDefinition, version: string): CheckedKind | undefined {
  const schema = versions.find(({ name, served }) => name === version && served)?.schema?.openAPIV3Schema;
  const type = schema === undefined ? undefined : declTypeOf(schema, kind, true)?.type;
  return type === undefined ? undefined : { group, version, kind, type };
}

/** The type of a policy's parameters: of anything where nothing is known of it. */
export function paramsType({ spec }: ValidatingAdmissionPolicy, definitions: readonly CustomResourceDefinition[]): CelType | undefined {
  if (spec?.paramKind === undefined) return undefined;
  const { apiVersion = '', kind = '' } = spec.paramKind;
  const slash = apiVersion.indexOf('/');
  const [group, version] = slash < 0 ? ['', apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)];
  const builtin = builtinSchema.kind(group, version, kind);
  if (builtin !== undefined) return objectType(builtin);
  const definition = definitions.find(({ spec: { group: other, names } }) => other === group && names.kind === kind);
  return (definition && customKind(definition, version)?.type) ?? DYN;
}
