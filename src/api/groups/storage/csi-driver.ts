import type { FieldError } from '../../field-error.ts';
import { duplicate, invalid, notSupported, required } from '../../field-error.ts';
import { semanticEqual } from '../../meta/equal.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateImmutable } from '../../meta/object-meta.ts';
import { addOptionalEnum } from '../../pod/validation/rules.ts';
import { csidrivers } from '../../resources.ts';
import type { CSIDriver, CSIDriverSpec, TokenRequest } from '../../types/storage/v1.ts';
import { ageColumn, column, nameColumn, orNone, orUnset } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { bumpGeneration } from '../strategy.ts';

const groupPolicies = ['File', 'None', 'ReadWriteOnceWithFSType'];
const lifecycleModes = ['Persistent', 'Ephemeral'];
const minTokenSeconds = 600;
const maxTokenSeconds = 2 ** 32;
const minUpdatePeriodSeconds = 10;

/** Fills in what a CSI driver leaves out, in place (upstream's SetDefaults_CSIDriver). */
export function applyCsiDriverDefaults({ spec }: Loose<CSIDriver>): void {
  if (spec === undefined) return;
  spec.attachRequired ??= true;
  spec.podInfoOnMount ??= false;
  spec.storageCapacity ??= false;
  spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType';
  if ((spec.volumeLifecycleModes ?? []).length === 0) spec.volumeLifecycleModes = ['Persistent'];
  spec.requiresRepublish ??= false;
  spec.seLinuxMount ??= false;
}

function addTokenRequests(errors: FieldError[], path: string, requests: readonly Loose<TokenRequest>[] = []): void {
  const audiences = new Set<string>();
  requests.forEach(({ audience = '', expirationSeconds }, i) => {
    const at = `${path}[${i}]`;
    if (audiences.has(audience)) return void errors.push(duplicate(`${at}.audience`, audience));
    audiences.add(audience);
    if (expirationSeconds === undefined) return;
    if (expirationSeconds < minTokenSeconds) errors.push(invalid(`${at}.expirationSeconds`, expirationSeconds, 'may not specify a duration less than 10 minutes'));
    if (expirationSeconds > maxTokenSeconds) errors.push(invalid(`${at}.expirationSeconds`, expirationSeconds, 'may not specify a duration larger than 2^32 seconds'));
  });
}

function validateSpec(spec: Loose<CSIDriverSpec>): FieldError[] {
  const errors: FieldError[] = [];
  const { nodeAllocatableUpdatePeriodSeconds: period, serviceAccountTokenInSecrets: inSecrets, tokenRequests } = spec;
  // Upstream calls the field by another name.
  if (spec.attachRequired === undefined) errors.push(required('spec.attachedRequired'));
  if (spec.podInfoOnMount === undefined) errors.push(required('spec.podInfoOnMount'));
  if (spec.storageCapacity === undefined) errors.push(required('spec.storageCapacity'));
  addOptionalEnum(errors, 'spec.fsGroupPolicy', spec.fsGroupPolicy, groupPolicies);
  addTokenRequests(errors, 'spec.tokenRequests', tokenRequests);
  for (const mode of spec.volumeLifecycleModes ?? []) if (!lifecycleModes.includes(mode)) errors.push(notSupported('spec.volumeLifecycleModes', mode, lifecycleModes));
  if (spec.seLinuxMount === undefined) errors.push(required('spec.seLinuxMount'));
  if (period !== undefined && period < minUpdatePeriodSeconds) errors.push(invalid('spec.nodeAllocatableUpdatePeriodSeconds', period, 'must be greater than or equal to 10 seconds'));
  if (inSecrets !== undefined && (tokenRequests ?? []).length === 0) errors.push(invalid('spec.serviceAccountTokenInSecrets', inSecrets, 'serviceAccountTokenInSecrets is set but no tokenRequests are specified'));
  return errors;
}

/** A field of an alpha feature, which nobody can switch on: it is dropped unless it stood before. */
function dropAlpha({ spec }: Loose<CSIDriver>, old?: Loose<CSIDriver>): void {
  if (old?.spec?.preventPodSchedulingIfMissing === undefined) delete spec?.preventPodSchedulingIfMissing;
}

/** Tokens that a driver asks for had better be among the secrets, where they are not logged. */
function warnings({ spec = {} }: Loose<CSIDriver>, old: Loose<CSIDriver> | undefined): string[] {
  const { tokenRequests = [], serviceAccountTokenInSecrets } = spec;
  if (tokenRequests.length === 0 || serviceAccountTokenInSecrets !== undefined || (old !== undefined && semanticEqual(tokenRequests, old.spec?.tokenRequests))) return [];
  return ['spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes'];
}

export const csiDriverDefinition: ResourceDefinition<CSIDriver> = {
  type: csidrivers,
  applyDefaults: applyCsiDriverDefaults,
  prepareForCreate: (object) => dropAlpha(object),
  validate: ({ spec = {} }: Loose<CSIDriver>) => validateSpec(spec),
  update: {
    prepareForUpdate(object, old) {
      dropAlpha(object, old);
      bumpGeneration(object, old);
    },
    validateUpdate: ({ spec = {} }: Loose<CSIDriver>, { spec: old = {} }: Loose<CSIDriver>) => [
      ...validateSpec(spec),
      ...validateImmutable('spec.attachedRequired', spec.attachRequired, old.attachRequired),
      ...validateImmutable('spec.volumeLifecycleModes', spec.volumeLifecycleModes, old.volumeLifecycleModes),
    ],
  },
  warnings,
  columns: [
    nameColumn,
    column('AttachRequired', ({ spec }) => spec.attachRequired ?? true, { type: 'boolean' }),
    column('PodInfoOnMount', ({ spec }) => spec.podInfoOnMount ?? false, { type: 'boolean' }),
    column('StorageCapacity', ({ spec }) => spec.storageCapacity ?? false, { type: 'boolean' }),
    column('TokenRequests', ({ spec }) => orUnset(spec.tokenRequests?.map(({ audience }) => audience).join(','))),
    column('RequiresRepublish', ({ spec }) => spec.requiresRepublish ?? false, { type: 'boolean' }),
    column('Modes', ({ spec }) => orNone(spec.volumeLifecycleModes?.join(','))),
    ageColumn,
  ],
};
