/** settings.k8s.io/v1alpha1 PodPreset: what is put into pods that a selector chooses. Kubernetes had it until v1.19. */
import type { FieldError } from '../../field-error.ts';
import { required } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import type { KubeObject } from '../../meta/object.ts';
import { validateLabelSelector } from '../../meta/object-meta.ts';
import { validateEnv, validateEnvFrom } from '../../pod/validation/validate-env.ts';
import { validateVolumeMounts } from '../../pod/validation/validate-mounts.ts';
import { validateVolumes } from '../../pod/validation/validate-volumes.ts';
import type { ResourceType } from '../../resource-type.ts';
import type { EnvFromSource, EnvVar, Volume, VolumeMount } from '../../types/core/v1.ts';
import type { LabelSelector } from '../../types/meta/v1.ts';
import { createdAtColumns } from '../columns.ts';
import { applyVolumeDefaults } from '../core/volume-defaults.ts';
import type { ResourceDefinition } from '../definition.ts';

export interface PodPresetSpec {
  /** Of pods in the same namespace. Empty: all of them. */
  selector?: LabelSelector;
  env?: EnvVar[];
  envFrom?: EnvFromSource[];
  volumes?: Volume[];
  volumeMounts?: VolumeMount[];
}

export interface PodPreset extends KubeObject { spec?: PodPresetSpec }

export const podpresets: ResourceType<PodPreset> = { group: 'settings.k8s.io', version: 'v1alpha1', resource: 'podpresets', kind: 'PodPreset', namespaced: true };

function validate({ spec = {} }: Loose<PodPreset>): FieldError[] {
  const { selector = {}, env, envFrom, volumes, volumeMounts } = spec;
  const errors = validateLabelSelector(selector as LabelSelector, 'spec.selector');
  if (env === undefined && envFrom === undefined && volumes === undefined && volumeMounts === undefined) {
    errors.push(required('spec.volumes.env.envFrom.volumeMounts', 'must specify at least one'));
  }
  const good = validateVolumes(volumes, 'spec.volumes', { podName: '', isPod: false }, errors);
  validateEnv(env, 'spec.env', good, errors);
  validateEnvFrom(envFrom, 'spec.envFrom', errors);
  validateVolumeMounts({ ...(volumeMounts !== undefined && { volumeMounts }) }, 'spec.volumeMounts', good, errors);
  return errors;
}

export const podPresetDefinition: ResourceDefinition<PodPreset> = {
  type: podpresets,
  allowUnconditionalUpdate: true,
  applyDefaults({ spec }: Loose<PodPreset>) {
    for (const { valueFrom } of spec?.env ?? []) if (valueFrom?.fieldRef !== undefined) valueFrom.fieldRef.apiVersion ||= 'v1';
    for (const volume of spec?.volumes ?? []) applyVolumeDefaults(volume);
  },
  validate,
  update: { validateUpdate: validate },
  columns: createdAtColumns,
};
