/** What a PriorityLevelConfiguration must say. */
import type { FieldError } from '../../field-error.ts';
import { forbidden, invalid, notSupported, required } from '../../field-error.ts';
import { semanticEqual } from '../../meta/equal.ts';
import type { Loose } from '../../meta/loose.ts';
import type { LimitedPriorityLevelConfiguration, LimitResponse, PriorityLevelConfiguration, PriorityLevelConfigurationSpec, QueuingConfiguration } from '../../types/flowcontrol/v1.ts';
import { validateConditionTypes } from './flow-schema-validation.ts';
import { exemptName, mandatoryLevelSpecs } from './mandatory.ts';

type Errors = FieldError[];
type Spec = Loose<PriorityLevelConfigurationSpec>;

const zeroSharesAnnotation = 'flowcontrol.k8s.io/preserve-zero-concurrency-shares';
const maxQueues = 10_000_000;
/** What a hash of a flow can give to shuffle sharding. */
const maxHashBits = 60;

function addQueuing(errors: Errors, path: string, { queues = 0, handSize = 0, queueLengthLimit = 0 }: Loose<QueuingConfiguration>): void {
  if (queueLengthLimit <= 0) errors.push(invalid(`${path}.queueLengthLimit`, queueLengthLimit, 'must be positive'));
  if (queues <= 0) errors.push(invalid(`${path}.queues`, queues, 'must be positive'));
  else if (queues > maxQueues) errors.push(invalid(`${path}.queues`, queues, `must not be greater than ${maxQueues}`));
  if (handSize <= 0) errors.push(invalid(`${path}.handSize`, handSize, 'must be positive'));
  else if (handSize > queues) errors.push(invalid(`${path}.handSize`, handSize, `should not be greater than queues (${queues})`));
  else if (Math.ceil(Math.log2(queues) * handSize) > maxHashBits) errors.push(invalid(`${path}.handSize`, handSize, `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${maxHashBits}`));
}

function addLimitResponse(errors: Errors, path: string, { type = '', queuing }: Loose<LimitResponse>): void {
  if (type === 'Reject') {
    if (queuing !== undefined) errors.push(forbidden(`${path}.queuing`, 'must be nil if limited.limitResponse.type is not Limited'));
  } else if (type === 'Queue') {
    if (queuing === undefined) errors.push(required(`${path}.queuing`, 'must not be empty if limited.limitResponse.type is Limited'));
    else addQueuing(errors, `${path}.queuing`, queuing);
  } else errors.push(notSupported(`${path}.type`, type, ['Queue', 'Reject']));
}

function addShares(errors: Errors, path: string, { nominalConcurrencyShares = 0 }: { readonly nominalConcurrencyShares?: number | undefined }): void {
  if (nominalConcurrencyShares < 0) errors.push(invalid(`${path}.nominalConcurrencyShares`, nominalConcurrencyShares, 'must be a non-negative integer'));
}

function addLendable(errors: Errors, path: string, { lendablePercent = 0 }: { readonly lendablePercent?: number | undefined }): void {
  if (lendablePercent < 0 || lendablePercent > 100) errors.push(invalid(`${path}.lendablePercent`, lendablePercent, 'must be between 0 and 100, inclusive'));
}

function addLimited(errors: Errors, path: string, limited: Loose<LimitedPriorityLevelConfiguration>): void {
  const { limitResponse = {}, borrowingLimitPercent = 0 } = limited;
  addShares(errors, path, limited);
  addLimitResponse(errors, `${path}.limitResponse`, limitResponse);
  addLendable(errors, path, limited);
  if (borrowingLimitPercent < 0) errors.push(invalid(`${path}.borrowingLimitPercent`, borrowingLimitPercent, 'if specified, must be a non-negative integer'));
}

function addSpec(errors: Errors, name: string, { type = '', exempt, limited }: Spec): void {
  if ((name === exemptName) !== (type === 'Exempt')) errors.push(invalid('spec.type', type, "must be 'Exempt' if and only if `name` is 'exempt'"));
  if (type === 'Exempt') {
    if (limited !== undefined) errors.push(forbidden('spec.limited', 'must be nil if the type is not Limited'));
    if (exempt === undefined) return;
    addShares(errors, 'spec.exempt', exempt);
    addLendable(errors, 'spec.exempt', exempt);
  } else if (type === 'Limited') {
    if (exempt !== undefined) errors.push(forbidden('spec.exempt', 'must be nil if the type is Limited'));
    if (limited === undefined) errors.push(required('spec.limited', 'must not be empty when type is Limited'));
    else addLimited(errors, 'spec.limited', limited);
  } else errors.push(notSupported('spec.type', type, ['Exempt', 'Limited']));
}

/** The two levels that every server has are as they are; how much the exempt one has may be changed. */
function addMandatory(errors: Errors, name: string, spec: Spec): void {
  const fixed = Object.hasOwn(mandatoryLevelSpecs, name) ? mandatoryLevelSpecs[name]! : undefined;
  if (fixed === undefined) return;
  if (name !== exemptName) {
    if (!semanticEqual(spec, fixed)) errors.push(invalid('spec', spec, `spec of '${name}' must equal the fixed value`));
  } else if (!semanticEqual({ ...spec, exempt: fixed.exempt }, fixed)) {
    errors.push(invalid('spec', spec, `spec of '${name}' except the 'spec.exempt' field must equal the fixed value`));
  }
}

export function validatePriorityLevel(level: Loose<PriorityLevelConfiguration>): FieldError[] {
  const errors: FieldError[] = [];
  const { metadata = {}, spec = {} } = level;
  const { name = '', annotations = {} } = metadata;
  if (annotations[zeroSharesAnnotation] !== undefined) errors.push(forbidden('metadata.annotations', `annotation '${zeroSharesAnnotation}' is forbidden`));
  addSpec(errors, name, spec);
  addMandatory(errors, name, spec);
  return [...errors, ...validateConditionTypes(level as PriorityLevelConfiguration)];
}
