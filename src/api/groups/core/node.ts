import type { FieldError } from '../../field-error.ts';
import { forbidden, invalid, notSupported, required } from '../../field-error.ts';
import { validateCidr, ipFamilyOf } from '../../meta/ip.ts';
import type { Loose } from '../../meta/loose.ts';
import { labelValue, qualifiedName } from '../../meta/validation.ts';
import { validateResourceQuantity } from '../../pod/validation/validate-resources.ts';
import { nodes } from '../../resources.ts';
import type { Node, Taint } from '../../types/core/v1.ts';
import { ageColumn, column, nameColumn, orNone, orUnknown } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { keepField, statusRules } from '../strategy.ts';

const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** Keys, values and effects of taints, unique by key and effect. */
export function validateTaints(taints: readonly Loose<Taint>[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  taints.forEach(({ key = '', value = '', effect = '' }, i) => {
    const at = `${path}[${i}]`;
    for (const message of qualifiedName(key)) errors.push(invalid(`${at}.key`, key, message));
    const wrong = labelValue(value);
    if (wrong.length > 0) errors.push(invalid(`${at}.value`, value, wrong.join(';')));
    if (effect === '') errors.push(required(`${at}.effect`));
    else if (!taintEffects.includes(effect)) errors.push(notSupported(`${at}.effect`, effect, taintEffects));
    const identity = `${effect} ${key}`;
    if (seen.has(identity)) {
      const shown = JSON.stringify({ Key: key, Value: value, Effect: effect, TimeAdded: null });
      errors.push({ reason: 'FieldValueDuplicate', field: at, message: `Duplicate value: ${shown}: taints must be unique by key and effect pair` });
    }
    seen.add(identity);
  });
  return errors;
}

function validateResources({ status }: Node): FieldError[] {
  const errors: FieldError[] = [];
  for (const list of ['capacity', 'allocatable'] as const) {
    for (const [name, quantity] of Object.entries(status?.[list] ?? {})) validateResourceQuantity(name, quantity, `status.${list}.${name}`, errors);
  }
  return errors;
}

function validatePodCidrs({ spec }: Node): FieldError[] {
  const cidrs = spec?.podCIDRs ?? [];
  const errors = cidrs.flatMap((cidr, i) => validateCidr(`spec.podCIDRs[${i}]`, cidr));
  if (cidrs.length > 1) {
    const families = new Set(cidrs.map((cidr) => ipFamilyOf(cidr.split('/')[0]!)));
    if (families.size !== 2 || cidrs.length > 2) errors.push(invalid('spec.podCIDRs', cidrs, 'may specify no more than one CIDR for each IP family'));
    cidrs.forEach((cidr, i) => {
      if (cidrs.indexOf(cidr) < i) errors.push({ reason: 'FieldValueDuplicate', field: `spec.podCIDRs[${i}]`, message: `Duplicate value: ${JSON.stringify(cidr)}` });
    });
  }
  return errors;
}

function validateNode(node: Node): FieldError[] {
  return [...validateTaints(node.spec?.taints ?? [], 'metadata.taints'), ...validateResources(node), ...validatePodCidrs(node)];
}

function validateAddresses({ status }: Node): FieldError[] {
  const seen = new Set<string>();
  return (status?.addresses ?? []).flatMap(({ type, address }, i): FieldError[] => {
    const identity = JSON.stringify({ Type: type, Address: address });
    if (seen.has(identity)) return [{ reason: 'FieldValueDuplicate', field: `status.addresses[${i}]`, message: `Duplicate value: ${identity}` }];
    seen.add(identity);
    return [];
  });
}

function validateNodeUpdate(node: Node, old: Node): FieldError[] {
  const errors = [...validateResources(node), ...validateAddresses(node)];
  const before = old.spec?.podCIDRs ?? [];
  const after = node.spec?.podCIDRs ?? [];
  if (before.length > 0 && (before.length !== after.length || before.some((cidr, i) => cidr !== after[i]))) {
    errors.push(forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'));
  }
  const providerId = old.spec?.providerID ?? '';
  if (providerId !== '' && providerId !== node.spec?.providerID) errors.push(forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid'));
  errors.push(...validateTaints(node.spec?.taints ?? [], 'metadata.taints'));
  if ((node.spec?.externalID ?? '') !== (old.spec?.externalID ?? '')) errors.push(forbidden('spec.externalID', 'may not be updated'));
  return errors;
}

function statusOf({ spec, status }: Node): string {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const parts = [ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'];
  if (spec?.unschedulable === true) parts.push('SchedulingDisabled');
  return parts.join(',');
}

const rolePrefix = 'node-role.kubernetes.io/';

function rolesOf({ metadata }: Node): string {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    if (key.startsWith(rolePrefix) && key.length > rolePrefix.length) roles.add(key.slice(rolePrefix.length));
    else if (key === 'kubernetes.io/role' && value !== '') roles.add(value);
  }
  return orNone([...roles].sort().join(','));
}

const addressOf = (node: Node, wanted: string): string => orNone(node.status?.addresses?.find(({ type }) => type === wanted)?.address);

export const nodeDefinition: ResourceDefinition<Node> = {
  type: nodes,
  allowUnconditionalUpdate: true,
  applyDefaults({ spec, status }) {
    // The older podCIDR is the first of podCIDRs, whichever of the two was given.
    if (spec?.podCIDR !== undefined && spec.podCIDR !== '') {
      if (spec.podCIDRs?.[0] !== spec.podCIDR) spec.podCIDRs = [spec.podCIDR];
    } else if (spec?.podCIDRs?.[0] !== undefined) {
      spec.podCIDR = spec.podCIDRs[0];
    }
    if (status?.allocatable === undefined && status?.capacity !== undefined) status.allocatable = { ...status.capacity };
  },
  validate: validateNode,
  update: {
    prepareForUpdate: (object, old) => keepField(object, old, 'status'),
    validateUpdate: validateNodeUpdate,
  },
  subresources: { status: statusRules<Node>(validateNodeUpdate) },
  warnings: ({ spec }) => ((spec?.externalID ?? '') === '' ? [] : ['spec.externalID: this field is deprecated, and is unused by Kubernetes']),
  columns: [
    nameColumn,
    column('Status', statusOf),
    column('Roles', rolesOf),
    ageColumn,
    column('Version', ({ status }) => status?.nodeInfo?.kubeletVersion ?? ''),
    column('Internal-IP', (node) => addressOf(node, 'InternalIP'), { wide: true }),
    column('External-IP', (node) => addressOf(node, 'ExternalIP'), { wide: true }),
    column('OS-Image', ({ status }) => orUnknown(status?.nodeInfo?.osImage), { wide: true }),
    column('Kernel-Version', ({ status }) => orUnknown(status?.nodeInfo?.kernelVersion), { wide: true }),
    column('Container-Runtime', ({ status }) => orUnknown(status?.nodeInfo?.containerRuntimeVersion), { wide: true }),
  ],
  selectableFields: ({ spec }) => ({ 'spec.unschedulable': String(spec?.unschedulable ?? false) }),
};
