import type { FieldError } from '../../field-error.ts';
import { invalid, required } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateImmutable } from '../../meta/object-meta.ts';
import { configMapKey } from '../../meta/validation.ts';
import { addRequired } from '../../pod/validation/rules.ts';
import { leasecandidates } from '../../resources.ts';
import type { LeaseCandidate } from '../../types/coordination/v1beta1.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { oldestEmulationVersion, validateLeaseStrategy } from './lease-strategy.ts';
import type { SemanticVersion } from './semver.ts';
import { compareSemanticVersions, parseSemanticVersion } from './semver.ts';

const zero: SemanticVersion = { numbers: [0, 0, 0], preRelease: [] };

/** A version that is given must be one; one that is not counts as 0.0.0. */
function readVersion(text: string, path: string, errors: FieldError[]): SemanticVersion {
  if (text === '') return zero;
  const version = parseSemanticVersion(text);
  if (version === undefined) errors.push(invalid(path, text, 'must be a valid semantic version'));
  return version ?? zero;
}

function validateLeaseCandidate({ spec = {} }: Loose<LeaseCandidate>): FieldError[] {
  const errors: FieldError[] = [];
  const { emulationVersion = '', binaryVersion = '', strategy = '' } = spec;
  addRequired(errors, 'spec.leaseName', spec.leaseName);
  const emulated = readVersion(emulationVersion, 'spec.emulationVersion', errors);
  addRequired(errors, 'spec.binaryVersion', binaryVersion);
  const binary = readVersion(binaryVersion, 'spec.binaryVersion', errors);
  if (binaryVersion !== '' && emulationVersion !== '' && compareSemanticVersions(binary, emulated) < 0) errors.push(invalid('spec.binaryVersion', binaryVersion, 'must be greater than or equal to `emulationVersion`'));
  if (strategy === '') return [...errors, required('spec.strategy')];
  if (strategy === oldestEmulationVersion && compareSemanticVersions(emulated, zero) === 0) errors.push(required('spec.emulationVersion', "must be specified when `strategy` is 'OldestEmulationVersion'"));
  validateLeaseStrategy(strategy, 'spec.strategy', errors);
  return errors;
}

export const leaseCandidateDefinition: ResourceDefinition<LeaseCandidate> = {
  type: leasecandidates,
  nameRule: configMapKey,
  allowCreateOnUpdate: true,
  validate: validateLeaseCandidate,
  update: {
    validateUpdate: (object: Loose<LeaseCandidate>, old: Loose<LeaseCandidate>) => [...validateLeaseCandidate(object), ...validateImmutable('spec.leaseName', object.spec?.leaseName, old.spec?.leaseName)],
  },
  selectableFields: ({ spec }: Loose<LeaseCandidate>) => ({ 'spec.leaseName': spec?.leaseName ?? '' }),
  columns: [
    nameColumn,
    column('LeaseName', ({ spec }) => spec.leaseName),
    column('BinaryVersion', ({ spec }) => spec.binaryVersion),
    column('EmulationVersion', ({ spec }) => spec.emulationVersion ?? ''),
    ageColumn,
  ],
};
