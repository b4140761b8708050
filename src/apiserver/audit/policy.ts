import type { FieldError } from '../../api/field-error.ts';
import { formatFieldError, invalid, notSupported, required } from '../../api/field-error.ts';
import type { Attributes } from '../authorization/authorizer.ts';
import type { AuditLevel, AuditStage } from './audit.ts';

/** Which requests are recorded, and how much of them: audit.k8s.io/v1 Policy. */
export interface PolicyRule {
  readonly level: AuditLevel;
  readonly users?: readonly string[];
  readonly userGroups?: readonly string[];
  readonly verbs?: readonly string[];
  readonly resources?: readonly { readonly group?: string; readonly resources?: readonly string[]; readonly resourceNames?: readonly string[] }[];
  readonly namespaces?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly omitStages?: readonly AuditStage[];
  readonly omitManagedFields?: boolean;
}

export interface Policy {
  readonly rules: readonly PolicyRule[];
  readonly omitStages?: readonly AuditStage[];
  readonly omitManagedFields?: boolean;
}

/** What is recorded of one request. */
export interface AuditPlan {
  readonly level: AuditLevel;
  readonly omitStages: ReadonlySet<AuditStage>;
  readonly omitManagedFields: boolean;
}

const levels: readonly string[] = ['None', 'Metadata', 'Request', 'RequestResponse'];
const stages: readonly string[] = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'];
const versions: readonly string[] = ['audit.k8s.io/v1'];

/** Decides for each request by the first rule that matches it. What no rule matches is not recorded. */
export class AuditPolicy {
  readonly #rules: readonly { readonly rule: PolicyRule; readonly plan: AuditPlan }[];
  readonly #fallback: AuditPlan;

  constructor(policy: Policy) {
    const common = policy.omitStages ?? [];
    const planOf = (level: AuditLevel, omitStages: readonly AuditStage[], omitManagedFields: boolean): AuditPlan => ({ level, omitStages: new Set([...common, ...omitStages]), omitManagedFields });
    this.#rules = policy.rules.map((rule) => ({ rule, plan: planOf(rule.level, rule.omitStages ?? [], rule.omitManagedFields ?? policy.omitManagedFields ?? false) }));
    this.#fallback = planOf('None', [], policy.omitManagedFields ?? false);
  }

  planFor(attributes: Attributes): AuditPlan {
    return this.#rules.find(({ rule }) => matches(rule, attributes))?.plan ?? this.#fallback;
  }
}

const holds = (list: readonly string[] | undefined, value: string): boolean => list === undefined || list.length === 0 || list.includes(value);

function matches(rule: PolicyRule, attributes: Attributes): boolean {
  const { user, verb } = attributes;
  if (!holds(rule.users, user.name) || !holds(rule.verbs, verb)) return false;
  if ((rule.userGroups ?? []).length > 0 && !user.groups.some((group) => rule.userGroups!.includes(group))) return false;
  if ((rule.namespaces ?? []).length > 0 || (rule.resources ?? []).length > 0) return matchesResource(rule, attributes);
  if ((rule.nonResourceURLs ?? []).length > 0) return !attributes.isResourceRequest && rule.nonResourceURLs!.some((spec) => matchesPath(spec, attributes.path));
  return true;
}

function matchesPath(spec: string, path: string): boolean {
  return spec === '*' || spec === path || (spec.endsWith('*') && path.startsWith(spec.slice(0, -1)));
}

function matchesResource(rule: PolicyRule, attributes: Attributes): boolean {
  if (!attributes.isResourceRequest || !holds(rule.namespaces, attributes.namespace)) return false;
  if ((rule.resources ?? []).length === 0) return true;
  const { apiGroup, resource, subresource, name } = attributes;
  const whole = subresource === '' ? resource : `${resource}/${subresource}`;
  return rule.resources!.some((entry) => {
    if (entry.group !== '*' && (entry.group ?? '') !== apiGroup) return false;
    if ((entry.resources ?? []).length === 0) return true;
    if (!holds(entry.resourceNames, name)) return false;
    return entry.resources!.some((one) => one === '*' || one === whole || (subresource !== '' && one === `*/${subresource}`) || one === `${resource}/*`);
  });
}

/** Reads a policy that was parsed from YAML or JSON. Throws an Error for people that lists everything that is wrong. */
export function parseAuditPolicy(document: unknown): AuditPolicy {
  const { apiVersion, kind, ...policy } = (document ?? {}) as Partial<Policy> & { readonly apiVersion?: string; readonly kind?: string };
  if (kind !== 'Policy' || apiVersion === undefined || !versions.includes(apiVersion)) throw new Error(`unknown group version field ${JSON.stringify(apiVersion ?? '')} in policy: wants ${versions.join(', ')}, kind Policy`);
  const rules = policy.rules ?? [];
  if (!Array.isArray(rules) || rules.length === 0) throw new Error('loaded illegal policy with 0 rules');
  const errors = validatePolicy({ ...policy, rules });
  if (errors.length > 0) throw new Error(errors.map(formatFieldError).join('; '));
  return new AuditPolicy({ ...policy, rules });
}

/** Upstream's ValidatePolicy. */
export function validatePolicy(policy: Policy): FieldError[] {
  return [...stageErrors(policy.omitStages, 'omitStages'), ...policy.rules.flatMap((rule, i) => ruleErrors(rule, `rules[${i}]`))];
}

function ruleErrors(rule: PolicyRule, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if ((rule.level as string | undefined) === undefined) errors.push(required(`${path}.level`));
  else if (!levels.includes(rule.level)) errors.push(notSupported(`${path}.level`, rule.level, levels));
  (rule.nonResourceURLs ?? []).forEach((url, i) => {
    const at = `${path}.nonResourceURLs[${i}]`;
    if (url === '*') return;
    if (!url.startsWith('/')) errors.push(invalid(at, url, 'non-resource URL rules must begin with a \'/\' character'));
    if (url.slice(0, -1).includes('*')) errors.push(invalid(at, url, 'non-resource URL wildcards \'*\' must be the final character of the rule'));
  });
  for (const { group = '', resources = [], resourceNames = [] } of rule.resources ?? []) {
    if (group !== '' && group !== '*' && !/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(group)) {
      errors.push(invalid(`${path}.resources.group`, group, 'a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, \'-\' or \'.\', and must start and end with an alphanumeric character'));
    }
    if (resourceNames.length > 0 && resources.length === 0) errors.push(invalid(`${path}.resources.resourceNames`, resourceNames, 'using resourceNames requires at least one resource'));
  }
  errors.push(...stageErrors(rule.omitStages, `${path}.omitStages`));
  if ((rule.nonResourceURLs ?? []).length > 0 && ((rule.resources ?? []).length > 0 || (rule.namespaces ?? []).length > 0)) {
    errors.push(invalid(`${path}.nonResourceURLs`, rule.nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'));
  }
  return errors;
}

function stageErrors(given: readonly string[] | undefined, path: string): FieldError[] {
  return (given ?? []).flatMap((stage, i) => (stages.includes(stage) ? [] : [invalid(`${path}[${i}]`, stage, `allowed stages are ${stages.join(',')}`)]));
}
