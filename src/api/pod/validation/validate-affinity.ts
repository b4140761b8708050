/** Affinity to nodes and to other pods. */
import { forbidden, invalid, required } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateLabelSelector } from '../../meta/object-meta.ts';
import { dns1123Label, dns1123Subdomain, labelValue, qualifiedName } from '../../meta/validation.ts';
import type { Affinity, NodeAffinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PodAffinity, PodAffinityTerm } from '../../types/core/v1.ts';
import type { LabelSelector } from '../../types/meta/v1.ts';
import type { Errors } from './rules.ts';
import { addInvalid } from './rules.ts';

const requiredTerms = 'requiredDuringSchedulingIgnoredDuringExecution';
const preferredTerms = 'preferredDuringSchedulingIgnoredDuringExecution';

function validateExpression({ key = '', operator = '', values = [] }: Loose<NodeSelectorRequirement>, path: string, checkValues: boolean, errors: Errors): void {
  switch (operator) {
    case 'In': case 'NotIn':
      if (values.length === 0) errors.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
      break;
    case 'Exists': case 'DoesNotExist':
      if (values.length > 0) errors.push(forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
      break;
    case 'Gt': case 'Lt':
      if (values.length !== 1) errors.push(required(`${path}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
      break;
    default: errors.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'));
  }
  addInvalid(errors, `${path}.key`, key, qualifiedName(key));
  if (checkValues) values.forEach((value, i) => addInvalid(errors, `${path}.values[${i}]`, value, labelValue(value)));
}

function validateField({ key = '', operator = '', values = [] }: Loose<NodeSelectorRequirement>, path: string, errors: Errors): void {
  if (operator !== 'In' && operator !== 'NotIn') errors.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'));
  else if (values.length !== 1) errors.push(required(`${path}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"));
  if (key !== 'metadata.name') errors.push(invalid(`${path}.key`, key, 'not a valid field selector key'));
  else values.forEach((value, i) => addInvalid(errors, `${path}.values[${i}]`, value, dns1123Subdomain(value)));
}

function validateNodeTerm({ matchExpressions, matchFields }: Loose<NodeSelectorTerm>, path: string, checkValues: boolean, errors: Errors): void {
  matchExpressions?.forEach((one, i) => validateExpression(one, `${path}.matchExpressions[${i}]`, checkValues, errors));
  matchFields?.forEach((one, i) => validateField(one, `${path}.matchFields[${i}]`, errors));
}

/** A choice of nodes: at least one term. `allowInvalidValues`: values that no label can have are let pass. */
export function validateNodeSelector({ nodeSelectorTerms = [] }: Loose<NodeSelector>, path: string, errors: Errors, options: { readonly allowInvalidValues?: boolean } = {}): void {
  const at = `${path}.nodeSelectorTerms`;
  if (nodeSelectorTerms.length === 0) errors.push(required(at, 'must have at least one node selector term'));
  nodeSelectorTerms.forEach((term, i) => validateNodeTerm(term, `${at}[${i}]`, options.allowInvalidValues !== true, errors));
}

function addWeight(errors: Errors, path: string, weight = 0): void {
  if (weight <= 0 || weight > 100) errors.push(invalid(path, weight, 'must be in the range 1-100'));
}

function validateNodeAffinity(affinity: Loose<NodeAffinity>, path: string, errors: Errors): void {
  const needed = affinity[requiredTerms];
  if (needed !== undefined) validateNodeSelector(needed, `${path}.${requiredTerms}`, errors);
  affinity[preferredTerms]?.forEach(({ weight, preference = {} }, i) => {
    const at = `${path}.${preferredTerms}[${i}]`;
    addWeight(errors, `${at}.weight`, weight);
    // Bad label values are let pass here, as ever: they only fail to match.
    validateNodeTerm(preference, `${at}.preference`, false, errors);
  });
}

function validateLabelKeys(keys: readonly string[] | undefined, selector: unknown, path: string, errors: Errors): void {
  if (keys === undefined || keys.length === 0) return;
  if (selector === undefined) return void errors.push(forbidden(path, 'must not be specified when labelSelector is not set'));
  keys.forEach((key, i) => addInvalid(errors, `${path}[${i}]`, key, qualifiedName(key)));
}

function validateKeysAgainstSelector({ matchLabelKeys = [], mismatchLabelKeys = [], labelSelector }: Loose<PodAffinityTerm>, path: string, errors: Errors): void {
  const seen = new Set(Object.keys(labelSelector?.matchLabels ?? {}));
  for (const { key = '' } of labelSelector?.matchExpressions ?? []) {
    const i = matchLabelKeys.lastIndexOf(key);
    // On creation a key has become an expression already: twice means that the user wrote it, too.
    if (i >= 0 && seen.has(key)) errors.push(invalid(`${path}[${i}]`, key, 'exists in both matchLabelKeys and labelSelector'));
    seen.add(key);
  }
  matchLabelKeys.forEach((key, i) => {
    if (mismatchLabelKeys.includes(key)) errors.push(invalid(`${path}.matchLabelKeys[${i}]`, key, 'exists in both matchLabelKeys and mismatchLabelKeys'));
  });
}

function validatePodTerm(term: Loose<PodAffinityTerm>, path: string, errors: Errors): void {
  errors.push(...validateLabelSelector(term.labelSelector as LabelSelector | undefined, `${path}.labelSelector`));
  errors.push(...validateLabelSelector(term.namespaceSelector as LabelSelector | undefined, `${path}.namespaceSelector`));
  for (const name of term.namespaces ?? []) addInvalid(errors, `${path}.namespace`, name, dns1123Label(name));
  validateLabelKeys(term.matchLabelKeys, term.labelSelector, `${path}.matchLabelKeys`, errors);
  validateLabelKeys(term.mismatchLabelKeys, term.labelSelector, `${path}.mismatchLabelKeys`, errors);
  validateKeysAgainstSelector(term, path, errors);
  const { topologyKey = '' } = term;
  if (topologyKey === '') errors.push(required(`${path}.topologyKey`, 'can not be empty'));
  addInvalid(errors, `${path}.topologyKey`, topologyKey, qualifiedName(topologyKey));
}

function validatePodAffinity(affinity: Loose<PodAffinity>, path: string, errors: Errors): void {
  affinity[requiredTerms]?.forEach((term, i) => validatePodTerm(term, `${path}.${requiredTerms}[${i}]`, errors));
  affinity[preferredTerms]?.forEach(({ weight, podAffinityTerm = {} }, i) => {
    const at = `${path}.${preferredTerms}[${i}]`;
    addWeight(errors, `${at}.weight`, weight);
    validatePodTerm(podAffinityTerm, `${at}.podAffinityTerm`, errors);
  });
}

export function validateAffinity({ nodeAffinity, podAffinity, podAntiAffinity }: Loose<Affinity>, path: string, errors: Errors): void {
  if (nodeAffinity !== undefined) validateNodeAffinity(nodeAffinity, `${path}.nodeAffinity`, errors);
  if (podAffinity !== undefined) validatePodAffinity(podAffinity, `${path}.podAffinity`, errors);
  if (podAntiAffinity !== undefined) validatePodAffinity(podAntiAffinity, `${path}.podAntiAffinity`, errors);
}
