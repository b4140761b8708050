import type { FieldError } from '../../field-error.ts';
import { invalid, required } from '../../field-error.ts';
import { validateConditions } from '../../meta/condition-validation.ts';
import { isConditionTrue } from '../../meta/conditions.ts';
import type { Loose } from '../../meta/loose.ts';
import { immutableMessage, validateImmutable } from '../../meta/object-meta.ts';
import { dns1035Label, dns1123Subdomain } from '../../meta/validation.ts';
import { groupResourceOf } from '../../resource-type.ts';
import { storageversionmigrations } from '../../resources.ts';
import type { StorageVersionMigration } from '../../types/storagemigration/v1beta1.ts';
import { column } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules, statusAloneRules } from '../strategy.ts';

function validateMigration({ spec }: Loose<StorageVersionMigration>): FieldError[] {
  const errors: FieldError[] = [];
  const { resource = '', group = '' } = spec?.resource ?? {};
  const wrongResource = dns1035Label(resource);
  const wrongGroup = dns1123Subdomain(group);
  if (resource === '') errors.push(required('spec.resource.resource', 'resource is required to be set'));
  else if (wrongResource.length > 0) errors.push(invalid('spec.resource.resource', resource, wrongResource.join(',')));
  if (group !== '' && wrongGroup.length > 0) errors.push(invalid('spec.resource.group', group, wrongGroup.join(',')));
  return errors;
}

/** What ended stays ended; the revision up to which objects are written again does not change. */
function validateStatus({ status }: StorageVersionMigration, { status: old }: StorageVersionMigration): FieldError[] {
  const errors: FieldError[] = [];
  const revisionPath = 'status.resourceVersion';
  const path = 'status.conditions';
  const revision = status?.resourceVersion ?? '';
  const conditions = status?.conditions ?? [];
  if (revision !== '' && !/^[1-9]\d*$/.test(revision)) errors.push(invalid(revisionPath, revision, `resource version is not well formed: ${revision}`));
  errors.push(...validateConditions(conditions, path));
  if ((old?.resourceVersion ?? '') !== '' && old?.resourceVersion !== revision) errors.push(invalid(revisionPath, revision, immutableMessage));
  if (isConditionTrue(conditions, 'Succeeded') && isConditionTrue(conditions, 'Failed')) errors.push(invalid(path, conditions, 'Both success and failed conditions cannot be true at the same time'));
  for (const [type, word] of [['Succeeded', 'Success'], ['Failed', 'Failed']] as const) {
    if (isConditionTrue(old?.conditions, type) && !isConditionTrue(conditions, type)) errors.push(invalid(path, conditions, `${word} condition cannot be set to false once it is true`));
  }
  return errors;
}

const rules = standardRules<StorageVersionMigration>({ status: true, generation: false });

/** All objects of a resource shall be written again, in the version that is stored now. */
export const storageVersionMigrationDefinition: ResourceDefinition<StorageVersionMigration> = {
  type: storageversionmigrations,
  prepareForCreate: rules.prepareForCreate,
  validate: validateMigration,
  update: { ...rules.update, validateUpdate: (object, old) => [...validateMigration(object), ...validateImmutable('spec', object.spec, old.spec)] },
  subresources: { status: statusAloneRules({ validateUpdate: validateStatus }) },
  columns: [
    // Upstream gives this name no format.
    column('Name', ({ metadata }) => metadata.name ?? ''),
    column('Resource', ({ spec }) => (spec === undefined ? '' : groupResourceOf(spec.resource))),
    column('Status', ({ status }) => (status?.conditions ?? []).findLast(({ type, status: state }) => state === 'True' && ['Running', 'Failed', 'Succeeded'].includes(type))?.type ?? 'Unknown'),
  ],
};
