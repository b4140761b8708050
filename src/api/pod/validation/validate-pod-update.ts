/** What an update may change about a pod: little (upstream's ValidatePodUpdate and ValidatePodEphemeralContainersUpdate). */
import type { FieldError } from '../../field-error.ts';
import { forbidden, invalid, required } from '../../field-error.ts';
import { semanticEqual } from '../../meta/equal.ts';
import type { Loose } from '../../meta/loose.ts';
import { rangeMessage } from '../../meta/validation.ts';
import type { NodeAffinity, NodeSelectorTerm, Pod, Toleration } from '../../types/core/v1.ts';
import type { Errors, LooseContainer, LooseSpec } from './rules.ts';
import { specDiff } from './spec-diff.ts';
import { mirrorPodKey, validateAnnotationUpdate } from './validate-annotations.ts';
import { validatePodContents } from './validate-pod.ts';
import { validateTolerations } from './validate-scheduling.ts';

const maxInt32 = 2 ** 31 - 1;

const updatableFields = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',');

/** Answers whether the lists are as long as they were; nothing more can be compared otherwise. */
function validateContainerUpdates(containers: readonly LooseContainer[] = [], old: readonly LooseContainer[] = [], path: string, errors: Errors): boolean {
  if (containers.length !== old.length) {
    errors.push(forbidden(path, 'pod updates may not add or remove containers'));
    return false;
  }
  containers.forEach(({ image = '' }, i) => {
    if (image === '') errors.push(required(`${path}[${i}].image`));
    if (image.trim().length !== image.length) errors.push(invalid(`${path}[${i}].image`, image, 'must not have leading or trailing whitespace'));
  });
  return true;
}

/** A deadline may be set, and come nearer. Answers whether it is sane enough to go on. */
function validateDeadline(deadline: number | undefined, old: number | undefined, errors: Errors): boolean {
  const path = 'spec.activeDeadlineSeconds';
  if (deadline === undefined) {
    if (old !== undefined) errors.push(invalid(path, null, 'must not update from a positive integer to nil value'));
    return true;
  }
  if (deadline < 0 || deadline > maxInt32) errors.push(invalid(path, deadline, rangeMessage(0, maxInt32)));
  else if (old !== undefined && old < deadline) errors.push(invalid(path, deadline, 'must be less than or equal to previous value'));
  else return true;
  return false;
}

function validateAddedTolerations(tolerations: readonly Loose<Toleration>[] = [], old: readonly Loose<Toleration>[] = [], errors: Errors): void {
  const path = 'spec.tolerations';
  const kept = (before: Loose<Toleration>): boolean => tolerations.some((one) => semanticEqual({ ...before, tolerationSeconds: undefined }, { ...one, tolerationSeconds: undefined }));
  if (old.every(kept)) validateTolerations(tolerations, path, errors);
  else errors.push(forbidden(path, 'existing toleration can not be modified except its tolerationSeconds'));
}

function validateDeletedGates(spec: LooseSpec, old: LooseSpec, errors: Errors): void {
  spec.schedulingGates?.forEach(({ name = '' }, i) => {
    if (!old.schedulingGates?.some((gate) => gate.name === name)) errors.push(forbidden(`spec.schedulingGates[${i}].name`, `only deletion is allowed, but found new scheduling gate '${name}'`));
  });
}

function onlyAdds(term: Loose<NodeSelectorTerm>, old: Loose<NodeSelectorTerm>): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  const { matchExpressions: oldExpressions = [], matchFields: oldFields = [] } = old;
  // An empty term matches nothing: to add to it would make it match more.
  if (oldExpressions.length === 0 && oldFields.length === 0) return matchExpressions.length === 0 && matchFields.length === 0;
  return semanticEqual(matchExpressions.slice(0, oldExpressions.length), oldExpressions) && semanticEqual(matchFields.slice(0, oldFields.length), oldFields);
}

/** A gated pod's required node affinity may only become stricter. */
function validateNodeAffinityChange(affinity: Loose<NodeAffinity> | undefined, old: Loose<NodeAffinity> | undefined, errors: Errors): void {
  const path = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms';
  const oldTerms = old?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const terms = affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  if (oldTerms.length === 0) return;
  if (oldTerms.length !== terms.length) return void errors.push(invalid(path, terms, 'no additions/deletions to non-empty NodeSelectorTerms list are allowed'));
  oldTerms.forEach((before, i) => {
    if (!onlyAdds(terms[i]!, before)) errors.push(invalid(`${path}[${i}]`, terms[i], 'only additions are allowed (no mutations or deletions)'));
  });
}

function withImages(containers: readonly LooseContainer[] | undefined, old: readonly LooseContainer[] | undefined): LooseContainer[] | undefined {
  return containers?.map((container, i) => ({ ...container, image: old?.[i]?.image }));
}

/** The new spec with everything that may change put back: it must equal the old one. */
function frozenPart(spec: LooseSpec, old: LooseSpec, errors: Errors): LooseSpec {
  const frozen: LooseSpec = {
    ...spec,
    containers: withImages(spec.containers, old.containers),
    initContainers: withImages(spec.initContainers, old.initContainers),
    activeDeadlineSeconds: old.activeDeadlineSeconds,
    schedulingGates: old.schedulingGates,
    tolerations: old.tolerations,
  };
  if ((old.terminationGracePeriodSeconds ?? 0) < 0 && spec.terminationGracePeriodSeconds === 1) frozen.terminationGracePeriodSeconds = old.terminationGracePeriodSeconds;
  if ((old.schedulingGates ?? []).length === 0) return frozen;
  if (!semanticEqual(spec.nodeSelector, old.nodeSelector)) {
    const kept = Object.entries(old.nodeSelector ?? {}).every(([key, value]) => spec.nodeSelector?.[key] === value);
    if (!kept) errors.push(invalid('spec.nodeSelector', spec.nodeSelector ?? {}, 'only additions to spec.nodeSelector are allowed (no mutations or deletions)'));
    frozen.nodeSelector = old.nodeSelector;
  }
  const [affinity, oldAffinity] = [spec.affinity?.nodeAffinity, old.affinity?.nodeAffinity];
  if (!semanticEqual(affinity, oldAffinity)) {
    validateNodeAffinityChange(affinity, oldAffinity, errors);
    const others = spec.affinity?.podAffinity !== undefined || spec.affinity?.podAntiAffinity !== undefined;
    frozen.affinity = old.affinity === undefined && !others ? undefined : { ...spec.affinity, nodeAffinity: oldAffinity };
  }
  return frozen;
}

/** Everything that is wrong with a changed pod. */
export function validatePodUpdate(pod: Loose<Pod>, old: Loose<Pod>): FieldError[] {
  const errors: FieldError[] = [];
  const { metadata = {}, spec = {} } = pod;
  const { metadata: oldMetadata = {}, spec: oldSpec = {} } = old;
  validatePodContents(pod, errors);
  validateAnnotationUpdate(metadata, oldMetadata, 'metadata.annotations', errors);
  if (!validateContainerUpdates(spec.containers, oldSpec.containers, 'spec.containers', errors)) return errors;
  if (!validateContainerUpdates(spec.initContainers, oldSpec.initContainers, 'spec.initContainers', errors)) return errors;
  if (!validateDeadline(spec.activeDeadlineSeconds, oldSpec.activeDeadlineSeconds, errors)) return errors;
  validateAddedTolerations(spec.tolerations, oldSpec.tolerations, errors);
  validateDeletedGates(spec, oldSpec, errors);
  if (semanticEqual(spec, oldSpec)) return errors;
  const frozen = frozenPart(spec, oldSpec, errors);
  if (!semanticEqual(frozen, oldSpec)) errors.push(forbidden('spec', `pod updates may not change fields other than ${updatableFields}\n${specDiff('core.PodSpec', oldSpec, frozen)}`));
  return errors;
}

/** Ephemeral containers may be added, never changed or removed. */
export function validateEphemeralContainersUpdate(pod: Loose<Pod>, old: Loose<Pod>): FieldError[] {
  if (old.metadata?.annotations?.[mirrorPodKey] !== undefined) return [forbidden('[]', 'static pods do not support ephemeral containers')];
  const errors: FieldError[] = [];
  validatePodContents(pod, errors);
  validateAnnotationUpdate(pod.metadata ?? {}, old.metadata ?? {}, 'metadata.annotations', errors);
  const path = 'spec.ephemeralContainers';
  for (const before of old.spec?.ephemeralContainers ?? []) {
    const name = JSON.stringify(before.name ?? '');
    const after = pod.spec?.ephemeralContainers?.find((one) => one.name === before.name);
    if (after === undefined) errors.push(forbidden(path, `existing ephemeral containers ${name} may not be removed\n`));
    else if (!semanticEqual(before, after)) errors.push(forbidden(path, `existing ephemeral containers ${name} may not be changed\n${specDiff('core.EphemeralContainer', before, after)}`));
  }
  return errors;
}
