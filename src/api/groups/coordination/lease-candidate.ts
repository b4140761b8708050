import { leasecandidates } from '../../resources.ts';
import type { LeaseCandidate } from '../../types/coordination/v1beta1.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';

export const leaseCandidateDefinition: ResourceDefinition<LeaseCandidate> = {
  type: leasecandidates,
  allowCreateOnUpdate: true,
  columns: [
    nameColumn,
    column('LeaseName', ({ spec }) => spec.leaseName),
    column('BinaryVersion', ({ spec }) => spec.binaryVersion),
    column('EmulationVersion', ({ spec }) => spec.emulationVersion ?? ''),
    column('Strategy', ({ spec }) => spec.strategy),
    ageColumn,
  ],
};
