/** What the tests of a pod's rules share: a small pod as a client sends it, defaulted. */
import { applyPodDefaults, applyPodTemplateDefaults } from '../../groups/core/pod-defaults.ts';
import type { FieldError } from '../../field-error.ts';
import { formatFieldError } from '../../field-error.ts';
import type { Pod, PodTemplateSpec } from '../../types/core/v1.ts';
import { validatePodCreate, validatePodTemplateSpec } from './validate-pod.ts';

type Fields = Record<string, unknown>;

/** A pod with one container; `spec` and `metadata` are laid over it. */
export function podOf(spec: Fields = {}, metadata: Fields = {}): Pod {
  const pod = structuredClone({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'default', ...metadata },
    spec: { serviceAccountName: 'default', containers: [{ name: 'c', image: 'nginx:1.14.2' }], ...spec },
  }) as unknown as Pod;
  applyPodDefaults(pod);
  return pod;
}

/** A spec whose only container has these fields. */
export const withContainer = (fields: Fields): Fields => ({ containers: [{ name: 'c', image: 'nginx', ...fields }] });

/** A spec with this one volume. */
export const withVolume = (source: Fields): Fields => ({ volumes: [{ name: 'v', ...source }] });

export const texts = (errors: readonly FieldError[]): string[] => errors.map(formatFieldError);

export const createErrors = (spec: Fields, metadata: Fields = {}): string[] => texts(validatePodCreate(podOf(spec, metadata)));

/** What is wrong with a template of this spec; its path is `template`. */
export function templateErrors(spec: Fields, metadata: Fields = {}): string[] {
  const template = structuredClone({ metadata, spec: { containers: [{ name: 'c', image: 'nginx' }], ...spec } }) as unknown as PodTemplateSpec;
  applyPodTemplateDefaults(template);
  const errors: FieldError[] = [];
  validatePodTemplateSpec(template, 'template', errors);
  return texts(errors);
}
