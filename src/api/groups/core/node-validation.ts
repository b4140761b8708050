/** The rules of nodes (upstream's ValidateNode…). */
import type { FieldError } from '../../field-error.ts';
import { duplicate, forbidden, invalid, notSupported, required } from '../../field-error.ts';
import { ipFamilyOf, validateCidr } from '../../meta/ip.ts';
import type { Loose } from '../../meta/loose.ts';
import { byteLength, labelValue, qualifiedName } from '../../meta/validation.ts';
import type { Errors } from '../../pod/validation/rules.ts';
import { addInvalid, notPositiveMessage } from '../../pod/validation/rules.ts';
import { validateResourceQuantity } from '../../pod/validation/validate-resources.ts';
import type { Node, Taint } from '../../types/core/v1.ts';

const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** Keys, values and effects of taints, unique by key and effect. */
function validateTaints(taints: readonly Loose<Taint>[], path: string, errors: Errors): void {
  const seen = new Set<string>();
  taints.forEach(({ key = '', value = '', effect = '', timeAdded = null }, i) => {
    const at = `${path}[${i}]`;
    addInvalid(errors, `${at}.key`, key, qualifiedName(key));
    const wrong = labelValue(value);
    if (wrong.length > 0) errors.push(invalid(`${at}.value`, value, wrong.join(';')));
    if (effect === '') errors.push(required(`${at}.effect`));
    else if (!taintEffects.includes(effect)) errors.push(notSupported(`${at}.effect`, effect, taintEffects));
    const identity = `${effect} ${key}`;
    if (seen.has(identity)) {
      const error = duplicate(at, { Key: key, Value: value, Effect: effect, TimeAdded: timeAdded });
      errors.push({ ...error, message: `${error.message}: taints must be unique by key and effect pair` });
    }
    seen.add(identity);
  });
}

function validateAmounts({ status }: Node, errors: Errors): void {
  for (const list of ['capacity', 'allocatable'] as const) {
    for (const [name, quantity] of Object.entries(status?.[list] ?? {})) validateResourceQuantity(name, quantity, `status.${list}.${name}`, errors);
  }
}

function validatePodCidrs(cidrs: readonly string[], path: string, errors: Errors): void {
  cidrs.forEach((cidr, i) => errors.push(...validateCidr(`${path}[${i}]`, cidr)));
  if (cidrs.length < 2) return;
  const families = new Set(cidrs.map((cidr) => ipFamilyOf(cidr.split('/')[0]!)));
  if (families.size !== 2 || cidrs.length > 2) errors.push(invalid(path, cidrs, 'may specify no more than one CIDR for each IP family'));
}

const maxFeatureBytes = 253;
const featurePattern = /^[A-Z][a-zA-Z0-9]*(\/[a-zA-Z][a-zA-Z0-9]*)*$/;

function featureProblem(name: string): string | undefined {
  const wrong = `invalid feature name ${JSON.stringify(name)}: must `;
  if (byteLength(name) > maxFeatureBytes) return `${wrong}be no more than ${maxFeatureBytes} characters`;
  return featurePattern.test(name) ? undefined : `${wrong}start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes`;
}

/** What the node says it can do: names in order, each once. */
function validateFeatures(features: readonly string[], path: string, errors: Errors): void {
  features.forEach((name, i) => {
    const problem = featureProblem(name);
    if (problem !== undefined) errors.push(invalid(`${path}[${i}]`, name, problem));
    const next = features[i + 1];
    if (next === undefined) return;
    if (name === next) errors.push(duplicate(`${path}[${i + 1}]`, next));
    else if (name > next) errors.push(invalid(`${path}[${i + 1}]`, next, 'list must be sorted alphabetically'));
  });
}

/** What holds of every node. */
export function validateNode(node: Node): FieldError[] {
  const errors: FieldError[] = [];
  // Upstream looks for the taints, and for what the node knows of swap, in its metadata.
  validateTaints(node.spec?.taints ?? [], 'metadata.taints', errors);
  validateAmounts(node, errors);
  const capacity = node.status?.nodeInfo?.swap?.capacity;
  if (capacity !== undefined && capacity <= 0) errors.push(invalid('metadata.nodeSwapStatus.capacity', capacity, notPositiveMessage));
  validateFeatures(node.status?.declaredFeatures ?? [], 'status.declaredFeatures', errors);
  validatePodCidrs(node.spec?.podCIDRs ?? [], 'spec.podCIDRs', errors);
  return errors;
}

function validateAddresses({ status }: Node, errors: Errors): void {
  const seen = new Set<string>();
  status?.addresses?.forEach(({ type, address }, i) => {
    const shown = { Type: type, Address: address };
    const identity = JSON.stringify(shown);
    if (seen.has(identity)) errors.push(duplicate(`status.addresses[${i}]`, shown));
    seen.add(identity);
  });
}

/** What an update of a node, or of its status, may not change. */
export function validateNodeUpdate(node: Node, old: Node): FieldError[] {
  const errors: FieldError[] = [];
  validateAmounts(node, errors);
  validateFeatures(node.status?.declaredFeatures ?? [], 'status.declaredFeatures', errors);
  validateAddresses(node, errors);
  const before = old.spec?.podCIDRs ?? [];
  const after = node.spec?.podCIDRs ?? [];
  const changed = forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid');
  if (before.length > 0) {
    if (before.length !== after.length) errors.push(changed);
    else before.forEach((cidr, i) => { if (cidr !== after[i]) errors.push(changed); });
  }
  const providerId = old.spec?.providerID ?? '';
  if (providerId !== '' && providerId !== node.spec?.providerID) errors.push(forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid'));
  validateTaints(node.spec?.taints ?? [], 'metadata.taints', errors);
  if ((node.spec?.externalID ?? '') !== (old.spec?.externalID ?? '')) errors.push(forbidden('spec.externalID', 'may not be updated'));
  return errors;
}
