/**
 * Every built-in resource that has rules of its own, in the order of upstream's discovery. A resource that is not
 * named here behaves as its schema suggests: see `genericDefinition`.
 */
import type { FieldError } from '../field-error.ts';
import type { KubeObject } from '../meta/object.ts';
import { validateFinalizerKind } from '../meta/object-meta.ts';
import type { ResourceSchema } from '../schema/schema.ts';
import * as admissionregistration from './admissionregistration/admissionregistration.ts';
import { customResourceDefinitionDefinition } from './apiextensions/custom-resource-definition.ts';
import { apiServiceDefinition } from './apiregistration/api-service.ts';
import { storageVersionDefinition } from './apiserverinternal/storage-version.ts';
import { controllerRevisionDefinition } from './apps/controller-revision.ts';
import { daemonSetDefinition } from './apps/daemon-set.ts';
import { deploymentDefinition } from './apps/deployment.ts';
import { replicaSetDefinition } from './apps/replica-set.ts';
import { statefulSetDefinition } from './apps/stateful-set.ts';
import { horizontalPodAutoscalerDefinition } from './autoscaling/horizontal-pod-autoscaler.ts';
import { cronJobDefinition } from './batch/cron-job.ts';
import { jobDefinition } from './batch/job.ts';
import * as certificates from './certificates/certificates.ts';
import { leaseCandidateDefinition } from './coordination/lease-candidate.ts';
import { leaseDefinition } from './coordination/lease.ts';
import { configMapDefinition } from './core/config-map.ts';
import { endpointsDefinition } from './core/endpoints.ts';
import { limitRangeDefinition } from './core/limit-range.ts';
import { namespaceDefinition } from './core/namespace.ts';
import { nodeDefinition } from './core/node.ts';
import { persistentVolumeClaimDefinition } from './core/persistent-volume-claim.ts';
import { persistentVolumeDefinition } from './core/persistent-volume.ts';
import { podTemplateDefinition } from './core/pod-template.ts';
import { podDefinition } from './core/pod.ts';
import { replicationControllerDefinition } from './core/replication-controller.ts';
import { resourceQuotaDefinition } from './core/resource-quota.ts';
import { secretDefinition } from './core/secret.ts';
import { serviceAccountDefinition } from './core/service-account.ts';
import { serviceDefinition } from './core/service.ts';
import { componentStatusDefinition } from './core/component-status.ts';
import type { ResourceDefinition } from './definition.ts';
import { endpointSliceDefinition } from './discovery/endpoint-slice.ts';
import { eventDefinition, eventV1Definition } from './events/event.ts';
import * as flowcontrol from './flowcontrol/flowcontrol.ts';
import * as networking from './networking/networking.ts';
import { runtimeClassDefinition } from './node/runtime-class.ts';
import { podDisruptionBudgetDefinition } from './policy/pod-disruption-budget.ts';
import { clusterRoleBindingDefinition, roleBindingDefinition } from './rbac/role-binding.ts';
import { clusterRoleDefinition, roleDefinition } from './rbac/role.ts';
import * as resource from './resource/resource.ts';
import * as scheduling from './scheduling/scheduling.ts';
import { podPresetDefinition } from './settings/pod-preset.ts';
import { storageVersionMigrationDefinition } from './storagemigration/storage-version-migration.ts';
import * as storage from './storage/storage.ts';
import { genericDefinition } from './strategy.ts';

export { genericDefinition };

const core: readonly ResourceDefinition<KubeObject>[] = [
  namespaceDefinition,
  nodeDefinition,
  serviceDefinition,
  endpointsDefinition,
  configMapDefinition,
  secretDefinition,
  serviceAccountDefinition,
  eventDefinition,
  persistentVolumeDefinition,
  persistentVolumeClaimDefinition,
  resourceQuotaDefinition,
  limitRangeDefinition,
  componentStatusDefinition,
];

/** Pods, replication controllers, and what runs them: apps and batch. */
const workloads: readonly ResourceDefinition<KubeObject>[] = [
  podDefinition,
  podTemplateDefinition,
  replicationControllerDefinition,
  deploymentDefinition,
  replicaSetDefinition,
  statefulSetDefinition,
  daemonSetDefinition,
  controllerRevisionDefinition,
  jobDefinition,
  cronJobDefinition,
];

const others: readonly ResourceDefinition<KubeObject>[] = [
  apiServiceDefinition,
  eventV1Definition,
  horizontalPodAutoscalerDefinition,
  ...Object.values(certificates),
  ...Object.values(networking),
  podDisruptionBudgetDefinition,
  roleDefinition,
  roleBindingDefinition,
  clusterRoleDefinition,
  clusterRoleBindingDefinition,
  ...Object.values(storage),
  ...Object.values(admissionregistration),
  customResourceDefinitionDefinition,
  ...Object.values(scheduling),
  leaseDefinition,
  leaseCandidateDefinition,
  runtimeClassDefinition,
  endpointSliceDefinition,
  ...Object.values(flowcontrol),
  ...Object.values(resource),
  storageVersionDefinition,
  storageVersionMigrationDefinition,
  podPresetDefinition,
];

/** All definitions, in order. */
export const definitions: readonly ResourceDefinition<KubeObject>[] = [...core, ...workloads, ...others];

const byName = new Map(definitions.map((definition) => [`${definition.type.group}/${definition.type.resource}`, definition]));

/** The rules of a built-in resource, whatever version it is asked in; undefined when it has none of its own. */
export function definitionOf(group: string, resource: string): ResourceDefinition<KubeObject> | undefined {
  return byName.get(`${group}/${resource}`);
}

/** The rules of a built-in resource: its own, or those that its schema suggests. */
export function definitionFor(schema: ResourceSchema): ResourceDefinition<KubeObject> {
  return definitionOf(schema.group, schema.resource) ?? genericDefinition(schema);
}

/** Groups that check finalizers no further than custom resources do: any qualified name is well. */
const anyFinalizer: ReadonlySet<string> = new Set(['apiextensions.k8s.io', 'apiregistration.k8s.io', 'coordination.k8s.io', 'node.k8s.io', 'policy', 'internal.apiserver.k8s.io']);

/** What is wrong with the finalizers of an object, beyond their form: built-in kinds take words without a domain only from Kubernetes. */
export function validateFinalizerNames(definition: ResourceDefinition<KubeObject>, finalizers: readonly string[] | undefined): FieldError[] {
  const { group, resource } = definition.type;
  if (finalizers === undefined || finalizers.length === 0 || anyFinalizer.has(group) || definitionOf(group, resource) !== definition) return [];
  return finalizers.flatMap((finalizer, i) => validateFinalizerKind(finalizer, `metadata.finalizers[${i}]`));
}
