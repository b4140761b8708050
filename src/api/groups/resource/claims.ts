import type { FieldError } from '../../field-error.ts';
import { forbidden } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateAnnotations, validateImmutable, validateLabels } from '../../meta/object-meta.ts';
import { deviceclasses, resourceclaims, resourceclaimtemplates } from '../../resources.ts';
import type { DeviceClaim, DeviceClass, DeviceSubRequest, ExactDeviceRequest, ResourceClaim, ResourceClaimTemplate } from '../../types/resource/v1.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { keepAllButStatusAndMeta, standardRules, statusAloneRules } from '../strategy.ts';
import { dropDeallocatedDevices, validateClaimStatus } from './claim-status-validation.ts';
import { validateClaimSpec, validateDeviceClass } from './claim-validation.ts';
import { selectorsOf, selectorsReady } from './selector-loader.ts';

function stateOf({ metadata, status }: ResourceClaim): string {
  const deleted = metadata.deletionTimestamp !== undefined;
  const states = deleted ? ['deleted'] : [];
  if (status?.allocation === undefined) {
    if (!deleted) states.push('pending');
  } else {
    states.push('allocated');
    if ((status.reservedFor ?? []).length > 0) states.push('reserved');
  }
  return states.join(',');
}

/** One device, where neither a number nor all are asked for. In place. */
function defaultClaim(devices: Loose<DeviceClaim> | undefined): void {
  for (const { exactly, firstAvailable = [] } of devices?.requests ?? []) {
    for (const request of [...(exactly === undefined ? [] : [exactly]), ...firstAvailable] as (Loose<ExactDeviceRequest> | Loose<DeviceSubRequest>)[]) {
      request.allocationMode ||= 'ExactCount';
      if (request.allocationMode === 'ExactCount') request.count ||= 1;
    }
  }
}

const claimRules = standardRules<ResourceClaim>({ status: true, generation: false });
const classRules = standardRules<DeviceClass>({ status: false, generation: true });

/** Devices that pods want. What is wanted does not change any more. */
export const resourceClaimDefinition: ResourceDefinition<ResourceClaim> = {
  type: resourceclaims,
  load: ({ spec }) => selectorsReady(selectorsOf((spec as Loose<ResourceClaim>['spec'])?.devices)),
  allowUnconditionalUpdate: true,
  applyDefaults: (object) => defaultClaim((object as Loose<ResourceClaim>).spec?.devices),
  prepareForCreate: claimRules.prepareForCreate,
  validate: ({ spec }) => validateClaimSpec(spec, 'spec'),
  update: { ...claimRules.update, validateUpdate: (object, old) => validateImmutable('spec', object.spec, old.spec) },
  subresources: {
    status: statusAloneRules({
      prepareForUpdate(object, old) {
        keepAllButStatusAndMeta(object, old);
        dropDeallocatedDevices(object, old);
      },
      validateUpdate: validateClaimStatus,
    }),
  },
  columns: [nameColumn, column('State', stateOf), ageColumn],
};

function validateTemplate({ spec }: Loose<ResourceClaimTemplate>): FieldError[] {
  const { labels, annotations, ...others } = spec?.metadata ?? {};
  const errors = [...validateAnnotations(annotations, 'spec.metadata.annotations'), ...validateLabels(labels, 'spec.metadata.labels')];
  for (const [field, value] of Object.entries(others)) if (value !== undefined) errors.push(forbidden(`spec.metadata.${field}`, 'cannot be set'));
  return [...errors, ...validateClaimSpec(spec?.spec, 'spec.spec')];
}

/** What claims are made from, one for each pod. */
export const resourceClaimTemplateDefinition: ResourceDefinition<ResourceClaimTemplate> = {
  type: resourceclaimtemplates,
  load: (object) => selectorsReady(selectorsOf((object as Loose<ResourceClaimTemplate>).spec?.spec?.devices)),
  allowUnconditionalUpdate: true,
  applyDefaults: (object) => defaultClaim((object as Loose<ResourceClaimTemplate>).spec?.spec?.devices),
  validate: validateTemplate,
  update: { validateUpdate: (object, old) => validateImmutable('spec', object.spec, old.spec) },
  columns: [nameColumn, ageColumn],
};

/** Devices of a kind, and how they are set up. */
export const deviceClassDefinition: ResourceDefinition<DeviceClass> = {
  type: deviceclasses,
  load: (object) => selectorsReady((object as Loose<DeviceClass>).spec?.selectors ?? []),
  allowUnconditionalUpdate: true,
  prepareForCreate: classRules.prepareForCreate,
  validate: (object) => validateDeviceClass(object),
  update: { ...classRules.update, validateUpdate: validateDeviceClass },
  columns: [nameColumn, ageColumn],
};
