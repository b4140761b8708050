import { formatFieldErrors, invalid } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { semanticEqual } from '../../api/meta/equal.ts';
import type { CustomResourceDefinition, CustomResourceDefinitionCondition, CustomResourceDefinitionNames } from '../../api/types/apiextensions/v1.ts';
import { conditionOf } from './facts.ts';

export const approvalAnnotation = 'api-approved.kubernetes.io';

/** A condition without the time of its last change. */
export type Finding = Pick<CustomResourceDefinitionCondition, 'type' | 'status'> & { readonly reason: string; readonly message: string };

/** Conditions with this one among them: a new one at the end, a changed one in its place. */
export function setCondition(conditions: readonly CustomResourceDefinitionCondition[], finding: Finding, time: string): readonly CustomResourceDefinitionCondition[] {
  const old = conditionOf(conditions, finding.type);
  if (old === undefined) return [...conditions, { ...finding, lastTransitionTime: time }];
  const lastTransitionTime = old.status === finding.status ? (old.lastTransitionTime ?? time) : time;
  return conditions.map((condition) => (condition === old ? { ...old, ...finding, lastTransitionTime } : condition));
}

/** The names that other definitions of the group have been granted. */
export interface TakenNames {
  readonly resources: ReadonlySet<string>;
  readonly kinds: ReadonlySet<string>;
}

export function takenNames(accepted: Iterable<CustomResourceDefinitionNames>): TakenNames {
  const resources = new Set<string>();
  const kinds = new Set<string>();
  for (const { plural, singular = '', shortNames = [], kind, listKind = '' } of accepted) {
    for (const name of [plural, singular, ...shortNames]) resources.add(name);
    for (const name of [kind, listKind]) kinds.add(name);
  }
  return { resources, kinds };
}

const noNames: CustomResourceDefinitionNames = { plural: '', kind: '' };

/** Which of the names that a definition asks for it gets, and what is to be said of that. */
export function acceptNames({ spec, status }: CustomResourceDefinition, taken: TakenNames): { readonly accepted: CustomResourceDefinitionNames; readonly finding: Finding } {
  const before = status?.acceptedNames ?? noNames;
  const accepted = { ...before };
  let conflict: Pick<Finding, 'reason' | 'message'> | undefined;
  const problem = (wanted: string, had: string, names: ReadonlySet<string>): string | undefined => (wanted === had || !names.has(wanted) ? undefined : `${JSON.stringify(wanted)} is already in use`);
  const ask = (field: 'plural' | 'singular' | 'kind' | 'listKind', names: ReadonlySet<string>): void => {
    const wanted = spec.names[field] ?? '';
    const message = problem(wanted, before[field] ?? '', names);
    if (message !== undefined) conflict = { reason: `${field.charAt(0).toUpperCase()}${field.slice(1)}Conflict`, message };
    else if (wanted !== '' || field === 'plural' || field === 'kind') accepted[field] = wanted;
    else delete accepted[field as 'singular'];
  };
  ask('plural', taken.resources);
  ask('singular', taken.resources);
  if (!semanticEqual(spec.names.shortNames, before.shortNames)) {
    const mine = new Set(before.shortNames ?? []);
    const messages = (spec.names.shortNames ?? []).flatMap((name) => (mine.has(name) ? [] : (problem(name, '', taken.resources) ?? [])));
    if (messages.length > 0) conflict = { reason: 'ShortNamesConflict', message: messages.length === 1 ? messages[0]! : `[${[...new Set(messages)].join(', ')}]` };
    else if (spec.names.shortNames === undefined) delete accepted.shortNames;
    else accepted.shortNames = spec.names.shortNames;
  }
  ask('kind', taken.kinds);
  ask('listKind', taken.kinds);
  if (spec.names.categories === undefined) delete accepted.categories;
  else accepted.categories = spec.names.categories;
  const finding: Finding = conflict === undefined
    ? { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' }
    : { type: 'NamesAccepted', status: 'False', ...conflict };
  return { accepted, finding };
}

/** Whether the definition is served from now on; once it is, it stays. Undefined: nothing changes. */
export function established(conditions: readonly CustomResourceDefinitionCondition[], options: { readonly badCaBundle: boolean }): Finding | undefined {
  if (conditionOf(conditions, 'Established')?.status === 'True') return undefined;
  if (conditionOf(conditions, 'NamesAccepted')?.status !== 'True') return { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' };
  if (options.badCaBundle) return { type: 'Established', status: 'False', reason: 'InvalidCABundle', message: 'The conversion webhook CABundle is invalid' };
  return { type: 'Established', status: 'True', reason: 'InitialNamesAccepted', message: 'the initial names have been accepted' };
}

const isProtected = (group: string): boolean => ['k8s.io', 'kubernetes.io'].some((domain) => group === domain || group.endsWith(`.${domain}`));

/** What the community's approval of an API says, for groups that need one. */
export function approval({ metadata, spec }: CustomResourceDefinition): Finding | undefined {
  if (!isProtected(spec.group)) return undefined;
  const annotation = metadata.annotations?.[approvalAnnotation] ?? '';
  const type = 'KubernetesAPIApprovalPolicyConformant';
  const must = `protected groups must have approval annotation "${approvalAnnotation}"`;
  const see = 'see https://github.com/kubernetes/enhancements/pull/1111';
  if (annotation === '') return { type, status: 'False', reason: 'MissingAnnotation', message: `${must}, ${see}` };
  if (annotation.startsWith('unapproved')) return { type, status: 'False', reason: 'UnapprovedAnnotation', message: `not approved: ${JSON.stringify(annotation)}` };
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/\s]+/i.test(annotation) && URL.canParse(annotation)) return { type, status: 'True', reason: 'ApprovedAnnotation', message: `approved in ${annotation}` };
  return { type, status: 'False', reason: 'InvalidAnnotation', message: `${must} with either a URL or a reason starting with "unapproved", ${see}` };
}

/** What is not structural of the schemas; undefined when all is. */
export function nonStructural({ spec }: CustomResourceDefinition, violations: readonly FieldError[]): Finding | undefined {
  const errors = [...(spec.preserveUnknownFields === true ? [invalid('spec.preserveUnknownFields', true, 'must be false')] : []), ...violations];
  if (errors.length === 0) return undefined;
  return { type: 'NonStructuralSchema', status: 'True', reason: 'Violations', message: formatFieldErrors(errors) };
}
