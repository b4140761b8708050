/** A pod as it is created, and templates of pods. Metadata is checked by the API server for every kind alike. */
import type { FieldError } from '../../field-error.ts';
import { forbidden } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateAnnotations, validateLabels } from '../../meta/object-meta.ts';
import type { Pod, PodTemplateSpec } from '../../types/core/v1.ts';
import type { Errors } from './rules.ts';
import { validateAnnotationsMatchFields, validatePodAnnotations } from './validate-annotations.ts';
import { validatePodSpec } from './validate-pod-spec.ts';

/** What holds for a pod at any time (upstream's validatePodMetadataAndSpec). */
export function validatePodContents(pod: Loose<Pod>, errors: Errors): void {
  const { metadata = {}, spec = {} } = pod;
  validatePodAnnotations(metadata.annotations, spec, 'metadata.annotations', errors);
  validatePodSpec(spec, 'spec', { isPod: true, podName: metadata.name ?? '' }, errors);
  if ((spec.serviceAccountName ?? '') !== '') return;
  spec.volumes?.forEach(({ projected }, i) => projected?.sources?.forEach(({ serviceAccountToken }, j) => {
    if (serviceAccountToken !== undefined) errors.push(forbidden(`spec.volumes[${i}].projected.sources[${j}].serviceAccountToken`, 'must not be specified when serviceAccountName is not set'));
  }));
}

/** Everything that is wrong with a new pod (upstream's ValidatePodCreate). */
export function validatePodCreate(pod: Loose<Pod>): FieldError[] {
  const errors: FieldError[] = [];
  validatePodContents(pod, errors);
  const { metadata = {}, spec = {} } = pod;
  if ((spec.ephemeralContainers ?? []).length > 0) errors.push(forbidden('spec.ephemeralContainers', 'cannot be set on create'));
  if ((spec.nodeName ?? '') !== '' && (spec.schedulingGates ?? []).length > 0) errors.push(forbidden('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'));
  validateAnnotationsMatchFields(metadata.annotations, spec, 'spec', errors);
  return errors;
}

/** Everything that is wrong with a template of pods (upstream's ValidatePodTemplateSpec); `path` is that of the template. */
export function validatePodTemplateSpec(template: Loose<PodTemplateSpec>, path: string, errors: Errors): void {
  const { metadata = {}, spec = {} } = template;
  // Upstream's paths leave `metadata` out.
  errors.push(...validateLabels(metadata.labels, `${path}.labels`), ...validateAnnotations(metadata.annotations, `${path}.annotations`));
  validatePodAnnotations(metadata.annotations, spec, `${path}.annotations`, errors);
  validatePodSpec(spec, `${path}.spec`, { isPod: false, podName: '' }, errors);
  validateAnnotationsMatchFields(metadata.annotations, spec, `${path}.spec`, errors);
  if ((spec.ephemeralContainers ?? []).length > 0) errors.push(forbidden(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template'));
}
