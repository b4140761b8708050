import type { FieldError } from '../../field-error.ts';
import { invalid, required } from '../../field-error.ts';
import { parseCidr, validateCanonicalCidr } from '../../meta/ip.ts';
import { immutableMessage } from '../../meta/object-meta.ts';
import { servicecidrs } from '../../resources.ts';
import type { ServiceCIDR } from '../../types/networking/v1.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules, statusAloneRules } from '../strategy.ts';

const path = 'spec.cidrs';

function validateServiceCidr({ spec }: ServiceCIDR): FieldError[] {
  const cidrs = spec?.cidrs ?? [];
  if (cidrs.length === 0) return [required(path, 'at least one CIDR required')];
  // The value is upstream's internal type, whose fields have no JSON names.
  if (cidrs.length > 2) return [invalid(path, { CIDRs: cidrs }, 'may only hold up to 2 values')];
  const errors = cidrs.flatMap((cidr, i) => validateCanonicalCidr(`${path}[${i}]`, cidr));
  const [first, second] = cidrs.map((cidr) => parseCidr(cidr)?.address.family);
  if (cidrs.length === 2 && first !== undefined && first === second) errors.push(invalid(path, cidrs, 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64'));
  return errors;
}

/** The one change that is well: a second network, of the other family, comes to the first. */
function validateChange(object: ServiceCIDR, old: ServiceCIDR): FieldError[] {
  const cidrs = object.spec?.cidrs ?? [];
  const before = old.spec?.cidrs ?? [];
  const changed = (i: number): FieldError[] => (cidrs[i] === before[i] ? [] : [invalid(`${path}[${i}]`, cidrs[i], immutableMessage)]);
  if (cidrs.length === before.length) return before.flatMap((_, i) => changed(i));
  if (before.length === 1 && cidrs.length === 2) return [...changed(0), ...validateServiceCidr(object)];
  return [invalid(path, cidrs.length === 0 ? null : cidrs, immutableMessage)];
}

const rules = standardRules<ServiceCIDR>({ status: true, generation: false });

/** A range that cluster addresses of Services come from. */
export const serviceCidrDefinition: ResourceDefinition<ServiceCIDR> = {
  type: servicecidrs,
  allowUnconditionalUpdate: true,
  prepareForCreate: rules.prepareForCreate,
  validate: validateServiceCidr,
  update: { ...rules.update, validateUpdate: (object, old) => [...validateServiceCidr(object), ...validateChange(object, old)] },
  subresources: { status: statusAloneRules() },
  columns: [nameColumn, column('CIDRs', ({ spec }) => (spec?.cidrs ?? []).join(',')), ageColumn],
};
