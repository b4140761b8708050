/** Workloads of extensions/v1beta1, apps/v1beta1 and apps/v1beta2 <-> apps/v1. */
import type { FieldError } from '../../field-error.ts';
import type { KubeObject } from '../../meta/object.ts';
import { withAnnotation } from '../annotations.ts';
import type { VersionRules } from '../version-rules.ts';
import { defaultExtensionsDaemonSet, defaultExtensionsDeployment, defaultExtensionsReplicaSet, defaultOldDeployment, defaultOldStatefulSet } from './workload-defaults.ts';

/** Where apps/v1 keeps the revision that a deployment is to go back to: the controller takes it away when it has. */
export const rollbackAnnotation = 'deprecated.deployment.rollback.to';
const templateGenerationAnnotation = 'deprecated.daemonset.template.generation';

interface OldDeployment extends KubeObject { readonly spec?: { readonly rollbackTo?: { readonly revision?: number } } }
interface OldDaemonSet extends KubeObject { readonly spec?: { readonly templateGeneration?: number } }

function deploymentToStored(object: KubeObject): KubeObject {
  const { spec } = object as OldDeployment;
  const { rollbackTo, ...rest } = spec ?? {};
  const annotated = withAnnotation(object, rollbackAnnotation, rollbackTo === undefined ? undefined : String(rollbackTo.revision ?? 0));
  return rollbackTo === undefined ? annotated : { ...annotated, spec: rest } as KubeObject;
}

function deploymentFromStored(object: KubeObject): KubeObject {
  const { spec } = object as OldDeployment;
  const revision = object.metadata.annotations?.[rollbackAnnotation];
  if (revision === undefined || !/^-?\d+$/.test(revision)) return object;
  return { ...withAnnotation(object, rollbackAnnotation, undefined), spec: { ...spec, rollbackTo: Number(revision) === 0 ? {} : { revision: Number(revision) } } } as KubeObject;
}

function daemonSetToStored(object: KubeObject): KubeObject {
  const { spec } = object as OldDaemonSet;
  const { templateGeneration = 0, ...rest } = spec ?? {};
  return { ...withAnnotation(object, templateGenerationAnnotation, String(templateGeneration)), ...(spec !== undefined && { spec: rest }) } as KubeObject;
}

function daemonSetFromStored(object: KubeObject): KubeObject {
  const { spec } = object as OldDaemonSet;
  const generation = object.metadata.annotations?.[templateGenerationAnnotation];
  if (generation === undefined || !/^\d+$/.test(generation)) return object;
  return { ...withAnnotation(object, templateGenerationAnnotation, undefined), ...(spec !== undefined && Number(generation) !== 0 && { spec: { ...spec, templateGeneration: Number(generation) } }) } as KubeObject;
}

/** Selectors could be changed once. */
const mutableSelector = ({ field, message }: FieldError): boolean => field === 'spec.selector' && message.endsWith('field is immutable');

const orphan = { defaultPropagation: 'orphan' } as const;
const rollback = { toStored: deploymentToStored, fromStored: deploymentFromStored };

/** By `group/version/resource`. */
export const workloadRules: Readonly<Record<string, VersionRules>> = {
  'extensions/v1beta1/deployments': { ...orphan, ...rollback, applyDefaults: defaultExtensionsDeployment, allows: mutableSelector },
  'extensions/v1beta1/replicasets': { ...orphan, applyDefaults: defaultExtensionsReplicaSet, allows: mutableSelector },
  'extensions/v1beta1/daemonsets': { ...orphan, toStored: daemonSetToStored, fromStored: daemonSetFromStored, applyDefaults: defaultExtensionsDaemonSet, allows: mutableSelector },
  'apps/v1beta1/deployments': { ...orphan, ...rollback, applyDefaults: defaultOldDeployment, allows: mutableSelector },
  'apps/v1beta1/statefulsets': { ...orphan, applyDefaults: defaultOldStatefulSet },
  'apps/v1beta2/deployments': orphan,
  'apps/v1beta2/replicasets': orphan,
  'apps/v1beta2/daemonsets': orphan,
  'apps/v1beta2/statefulsets': orphan,
  'batch/v1beta1/cronjobs': orphan,
};
