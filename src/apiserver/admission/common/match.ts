import { namespaces } from '../../../api/resources.ts';
import { labelSelectorAsSelector } from '../../../api/meta/labels.ts';
import type { Selector } from '../../../api/meta/labels.ts';
import { notFoundError } from '../../../api/status.ts';
import type { NamedRuleWithOperations } from '../../../api/types/admissionregistration/v1.ts';
import type { LabelSelector } from '../../../api/types/meta/v1.ts';
import type { ObjectReader } from '../../cache/reader.ts';
import type { ServedResources } from '../../served-resources.ts';
import type { AdmissionAttributes, AdmissionScope, AdmittedRequest } from '../admission.ts';
import { ruleMatches, ruleMayMatch } from './rules.ts';
import type { Target } from './target.ts';
import { equivalents, namespaceOf, requestedTarget, targetOf } from './target.ts';

/** Which requests a webhook, a policy or a binding is about. */
export interface Criteria {
  /** Undefined: all. */
  readonly rules?: readonly NamedRuleWithOperations[] | undefined;
  readonly excluded: readonly NamedRuleWithOperations[];
  /** Rules hold for other versions of the resource, too. */
  readonly equivalent: boolean;
  readonly namespaceSelector: Selector;
  readonly objectSelector: Selector;
}

interface StatedCriteria {
  readonly rules?: readonly NamedRuleWithOperations[] | undefined;
  readonly excludeResourceRules?: readonly NamedRuleWithOperations[];
  readonly matchPolicy?: string;
  readonly namespaceSelector?: LabelSelector;
  readonly objectSelector?: LabelSelector;
}

/** Throws SelectorError for selectors that cannot be understood; defaults are filled in by now. */
export function criteriaOf(stated: StatedCriteria): Criteria {
  return {
    rules: stated.rules,
    excluded: stated.excludeResourceRules ?? [],
    equivalent: stated.matchPolicy === 'Equivalent',
    namespaceSelector: labelSelectorAsSelector(stated.namespaceSelector),
    objectSelector: labelSelectorAsSelector(stated.objectSelector),
  };
}

/** Whether any request for such a resource could be meant. */
export function mayMatch({ rules }: Criteria, scope: AdmissionScope): boolean {
  return rules === undefined || rules.some((rule) => ruleMayMatch(rule, scope));
}

/** What matching looks at beside the request. */
export interface MatchParts {
  readonly reader: ObjectReader;
  readonly resources: ServedResources;
}

/**
 * In which version a request is meant: the one that was asked for where a rule names that, else the first that a rule
 * names. Undefined when it is not meant. Throws NotFound when its namespace must be known and does not exist.
 */
export function matchRequest(parts: MatchParts, criteria: Criteria, attributes: AdmissionAttributes, request: AdmittedRequest): Target | undefined {
  const { rules, excluded } = criteria;
  if (excluded.length > 0 && matchRules(parts, { ...criteria, rules: excluded }, attributes, request) !== undefined) return undefined;
  const target = rules === undefined ? requestedTarget(attributes, request) : matchRules(parts, { ...criteria, rules }, attributes, request);
  if (target === undefined) return undefined;
  const { objectSelector } = criteria;
  if (!objectSelector.empty && ![attributes.object, attributes.oldObject].some((object) => object !== undefined && objectSelector.matches(object.metadata.labels))) return undefined;
  return inSelectedNamespace(parts.reader, criteria.namespaceSelector, attributes) ? target : undefined;
}

function matchRules({ resources }: MatchParts, criteria: Criteria & { readonly rules: readonly NamedRuleWithOperations[] }, attributes: AdmissionAttributes, request: AdmittedRequest): Target | undefined {
  const { operation, subresource, name } = attributes;
  const namespace = namespaceOf(attributes);
  const meant = (rule: NamedRuleWithOperations, target: Target): boolean => ruleMatches(rule, { ...target.resource, operation, subresource, namespace }) && ((rule.resourceNames ?? []).length === 0 || rule.resourceNames!.includes(name));
  const requested = requestedTarget(attributes, request);
  if (criteria.rules.some((rule) => meant(rule, requested))) return requested;
  if (!criteria.equivalent) return undefined;
  const others = equivalents(resources, request.served, subresource).map((served) => targetOf(attributes, served));
  for (const rule of criteria.rules) {
    const found = others.find((other) => meant(rule, other));
    if (found !== undefined) return found;
  }
  return undefined;
}

function inSelectedNamespace(reader: ObjectReader, selector: Selector, attributes: AdmissionAttributes): boolean {
  if (selector.empty) return true;
  const { group, resource, subresource, operation, object } = attributes;
  const isNamespace = group === '' && resource === 'namespaces';
  const namespace = namespaceOf(attributes);
  if (namespace === '' && !isNamespace) return true;
  // A namespace that is being written is judged by what it is going to be.
  if (isNamespace && subresource === '' && (operation === 'CREATE' || operation === 'UPDATE')) return selector.matches(object?.metadata.labels);
  const found = reader.get(namespaces, '', namespace);
  if (found === undefined) throw notFoundError(namespaces, namespace);
  return selector.matches(found.metadata.labels);
}
