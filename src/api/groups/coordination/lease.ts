import type { FieldError } from '../../field-error.ts';
import { forbidden, invalid } from '../../field-error.ts';
import { leases } from '../../resources.ts';
import type { Lease } from '../../types/coordination/v1.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { validateLeaseStrategy } from './lease-strategy.ts';

function validateLease({ spec = {} }: Lease): FieldError[] {
  const errors: FieldError[] = [];
  const { leaseDurationSeconds, leaseTransitions, strategy, preferredHolder = '' } = spec;
  if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0) errors.push(invalid('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0'));
  if (leaseTransitions !== undefined && leaseTransitions < 0) errors.push(invalid('spec.leaseTransitions', leaseTransitions, 'must be greater than or equal to 0'));
  if (strategy !== undefined) validateLeaseStrategy(strategy, 'spec.strategy', errors);
  if (preferredHolder !== '' && (strategy ?? '') === '') errors.push(forbidden('spec.preferredHolder', 'may only be specified if `strategy` is defined'));
  return errors;
}

/** Who is to hold the lease next: coordinated leader election is off, so the fields are dropped, in place, unless they stood before. */
function dropStrategy({ spec }: Lease, old?: Lease): void {
  for (const field of ['strategy', 'preferredHolder'] as const) if (old?.spec?.[field] === undefined) delete spec?.[field];
}

export const leaseDefinition: ResourceDefinition<Lease> = {
  type: leases,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
  prepareForCreate: (object) => dropStrategy(object),
  validate: validateLease,
  update: { prepareForUpdate: dropStrategy, validateUpdate: validateLease },
  columns: [nameColumn, column('Holder', ({ spec }) => spec?.holderIdentity ?? ''), ageColumn],
};
