import type { FieldError } from '../../field-error.ts';
import { invalid } from '../../field-error.ts';
import { validateFinalizerKind } from '../../meta/object-meta.ts';
import { qualifiedName } from '../../meta/validation.ts';
import { namespaces } from '../../resources.ts';
import type { Namespace } from '../../types/core/v1.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { keepField, statusRules } from '../strategy.ts';

/** The label that every namespace carries, so that selectors can name one. */
export const namespaceNameLabel = 'kubernetes.io/metadata.name';

function validateFinalizer(path: string, finalizer: string): FieldError[] {
  return [...qualifiedName(finalizer).map((message) => invalid(path, finalizer, message)), ...validateFinalizerKind(finalizer, path)];
}

function labelWithName({ metadata }: Namespace): void {
  if (metadata.name !== undefined && metadata.name !== '') metadata.labels = { ...metadata.labels, [namespaceNameLabel]: metadata.name };
}

export const namespaceDefinition: ResourceDefinition<Namespace> = {
  type: namespaces,
  nameRule: 'dns-1123-label',
  allowUnconditionalUpdate: true,
  applyDefaults(object) {
    labelWithName(object);
    object.status = { ...object.status, phase: object.status?.phase || 'Active' };
  },
  prepareForCreate(object) {
    object.status = { phase: 'Active' };
    const finalizers = object.spec?.finalizers ?? [];
    object.spec = { ...object.spec, finalizers: finalizers.includes('kubernetes') ? finalizers : [...finalizers, 'kubernetes'] };
    // A name that was generated is known only now.
    labelWithName(object);
  },
  validate: (object) => (object.spec?.finalizers ?? []).flatMap((finalizer) => validateFinalizer('spec.finalizers', finalizer)),
  update: {
    prepareForUpdate(object, old) {
      keepField(object, old, 'spec');
      keepField(object, old, 'status');
    },
  },
  subresources: {
    status: statusRules<Namespace>((object) => {
      const phase = object.status?.phase ?? '';
      if (object.metadata.deletionTimestamp === undefined) return phase === 'Active' ? [] : [invalid('status.Phase', phase, "may only be 'Active' if `deletionTimestamp` is empty")];
      return phase === 'Terminating' ? [] : [invalid('status.Phase', phase, "may only be 'Terminating' if `deletionTimestamp` is not empty")];
    }),
    finalize: {
      prepareForUpdate: (object, old) => keepField(object, old, 'status'),
      validateUpdate: (object) => (object.spec?.finalizers ?? []).flatMap((finalizer, i) => validateFinalizer(`spec.finalizers[${i}]`, finalizer)),
    },
  },
  columns: [nameColumn, column('Status', ({ status }) => status?.phase ?? ''), ageColumn],
  selectableFields: ({ metadata, status }) => ({ name: metadata.name ?? '', 'status.phase': status?.phase ?? '' }),
};
