/** The kinds of resource.k8s.io (dynamic resource allocation): generations and columns. */
import { deviceclasses, devicetaintrules, resourceclaims, resourceclaimtemplates, resourceslices } from '../../resources.ts';
import type { DeviceClass, ResourceClaim, ResourceClaimTemplate, ResourceSlice } from '../../types/resource/v1.ts';
import type { DeviceTaintRule } from '../../types/resource/v1beta2.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules } from '../strategy.ts';

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

export const resourceClaimDefinition: ResourceDefinition<ResourceClaim> = {
  type: resourceclaims,
  allowUnconditionalUpdate: true,
  ...standardRules<ResourceClaim>({ status: true, generation: false }),
  columns: [nameColumn, column('State', stateOf), ageColumn],
};

export const resourceClaimTemplateDefinition: ResourceDefinition<ResourceClaimTemplate> = {
  type: resourceclaimtemplates,
  allowUnconditionalUpdate: true,
  columns: [nameColumn, ageColumn],
};

export const deviceClassDefinition: ResourceDefinition<DeviceClass> = {
  type: deviceclasses,
  allowUnconditionalUpdate: true,
  ...standardRules<DeviceClass>({ status: false, generation: true }),
  columns: [nameColumn, ageColumn],
};

export const resourceSliceDefinition: ResourceDefinition<ResourceSlice> = {
  type: resourceslices,
  allowUnconditionalUpdate: true,
  ...standardRules<ResourceSlice>({ status: false, generation: true }),
  columns: [
    nameColumn,
    column('Node', ({ spec }) => spec.nodeName ?? ''),
    column('Driver', ({ spec }) => spec.driver),
    column('Pool', ({ spec }) => spec.pool.name),
    ageColumn,
  ],
  selectableFields: (object) => {
    const spec = (object.spec as { nodeName?: string; driver?: string } | undefined) ?? {};
    return { 'spec.nodeName': spec.nodeName ?? '', 'spec.driver': spec.driver ?? '' };
  },
};

export const deviceTaintRuleDefinition: ResourceDefinition<DeviceTaintRule> = {
  type: devicetaintrules,
  allowUnconditionalUpdate: true,
  ...standardRules<DeviceTaintRule>({ status: true, generation: true }),
  columns: [nameColumn, ageColumn],
};
