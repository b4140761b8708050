import type { FieldError } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateImmutable, validateLabelSelector } from '../../meta/object-meta.ts';
import { dns1123Subdomain } from '../../meta/validation.ts';
import { nodeSelectorWarnings } from '../../pod/node-labels.ts';
import { addInvalid } from '../../pod/validation/rules.ts';
import { validateResourceQuantity } from '../../pod/validation/validate-resources.ts';
import { csistoragecapacities } from '../../resources.ts';
import type { LabelSelector } from '../../types/meta/v1.ts';
import type { CSIStorageCapacity } from '../../types/storage/v1.ts';
import { column, nameColumn, orUnset } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';

/** Label values that cannot be are let pass where they stood before. */
function validateCapacity({ nodeTopology, storageClassName = '', capacity }: Loose<CSIStorageCapacity>, allowInvalidValues: boolean): FieldError[] {
  const errors = validateLabelSelector(nodeTopology as LabelSelector | undefined, 'nodeTopology', { allowInvalidValues });
  addInvalid(errors, 'storageClassName', storageClassName, dns1123Subdomain(storageClassName));
  if (capacity !== undefined) validateResourceQuantity('storage', capacity, 'capacity', errors);
  return errors;
}

export const csiStorageCapacityDefinition: ResourceDefinition<CSIStorageCapacity> = {
  type: csistoragecapacities,
  validate: (object) => validateCapacity(object, false),
  update: {
    validateUpdate: (object: Loose<CSIStorageCapacity>, old) => [
      ...validateCapacity(object, validateLabelSelector(old.nodeTopology, '').length > 0),
      ...validateImmutable('nodeTopology', object.nodeTopology, old.nodeTopology),
      ...validateImmutable('storageClassName', object.storageClassName, old.storageClassName),
    ],
  },
  warnings: ({ nodeTopology }) => nodeSelectorWarnings(nodeTopology, 'nodeTopology'),
  columns: [nameColumn, column('StorageClassName', ({ storageClassName }) => storageClassName), column('Capacity', ({ capacity }) => orUnset(capacity))],
};
