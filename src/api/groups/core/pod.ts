import { formatTime } from '../../../base/clock.ts';
import { semanticEqual } from '../../meta/equal.ts';
import { copyAppArmorAnnotations } from '../../pod/app-armor.ts';
import { mergeMatchLabelKeys } from '../../pod/match-label-keys.ts';
import { podQosClass } from '../../pod/qos.ts';
import { podWarnings } from '../../pod/pod-warnings.ts';
import { validatePodCreate } from '../../pod/validation/validate-pod.ts';
import { validatePodResize } from '../../pod/validation/validate-pod-resize.ts';
import { validatePodStatusUpdate } from '../../pod/validation/validate-pod-status.ts';
import { validateEphemeralContainersUpdate, validatePodUpdate } from '../../pod/validation/validate-pod-update.ts';
import { pods } from '../../resources.ts';
import type { Container, Pod, PodStatus } from '../../types/core/v1.ts';
import type { ResourceDefinition, RuleContext } from '../definition.ts';
import { keepAllButStatus, keepField } from '../strategy.ts';
import { podColumns } from './pod-columns.ts';
import { applyPodDefaults } from './pod-defaults.ts';

/** A pod starts Pending; gates are told of at once, so that `kubectl get` shows why it waits (KEP-3521). */
function initialStatus(pod: Pod, { nowMs }: RuleContext): void {
  pod.status = { phase: 'Pending', qosClass: podQosClass(pod.spec ?? {}) };
  if ((pod.spec?.schedulingGates ?? []).length > 0) {
    pod.status.conditions = [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated', message: 'Scheduling is blocked due to non-empty scheduling gates', lastTransitionTime: formatTime(nowMs) }];
  }
}

/** The grace period that applies: what the client asked for, else the pod's own; none for pods that never ran or are done. */
function gracePeriodSeconds(pod: Pod, requested: number | undefined): number {
  let seconds = requested ?? pod.spec?.terminationGracePeriodSeconds ?? 0;
  if (pod.spec?.nodeName === undefined || pod.spec.nodeName === '' || pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded') seconds = 0;
  // A negative period means "as little as possible", which is a second.
  return seconds < 0 ? 1 : seconds;
}

function bumpGeneration(pod: Pod, old: Pod): void {
  const generation = old.metadata.generation ?? 0;
  const changed = !semanticEqual(pod.spec, old.spec);
  if (changed) pod.metadata.generation = generation + 1;
  else if (old.metadata.generation !== undefined) pod.metadata.generation = generation;
}

/** `podIP` is the first of `podIPs`, whichever was written. */
function syncAddresses(status: PodStatus): void {
  const { podIP = '', podIPs } = status;
  if (podIP !== '' && podIPs?.[0]?.ip !== podIP) status.podIPs = [{ ip: podIP }];
  else if (podIPs?.[0]?.ip !== undefined) status.podIP = podIPs[0].ip;
}

/** A generation that was observed is not forgotten by clients that do not know the field. */
function keepObservedGenerations(status: PodStatus, old: PodStatus): void {
  if ((status.observedGeneration ?? 0) === 0 && old.observedGeneration !== undefined) status.observedGeneration = old.observedGeneration;
  const known = new Map<string, (number | undefined)[]>();
  for (const { type, observedGeneration } of old.conditions ?? []) known.set(type, [...(known.get(type) ?? []), observedGeneration]);
  for (const condition of status.conditions ?? []) {
    const before = known.get(condition.type)?.shift();
    if ((condition.observedGeneration ?? 0) === 0 && before !== undefined) condition.observedGeneration = before;
  }
}

/** Subresources of the spec change nothing about the metadata. */
function keepMetadata({ metadata }: Pod, { metadata: old }: Pod): void {
  const target = metadata as unknown as Record<string, unknown>;
  for (const field of ['labels', 'annotations', 'finalizers', 'ownerReferences', 'deletionTimestamp'] as const) {
    if (old[field] === undefined) delete target[field];
    else target[field] = old[field];
  }
}

/** The old containers with the resources that are asked for; the list as it came where containers were added or renamed, for validation to refuse. */
function resized(containers: readonly Container[] | undefined, old: readonly Container[] | undefined): Container[] | undefined {
  if (containers === undefined || old === undefined || containers.some((one, i) => one.name !== old[i]?.name)) return containers as Container[] | undefined;
  return old.map((before, i) => {
    const { resources, resizePolicy } = containers[i]!;
    const { resources: _resources, resizePolicy: _resizePolicy, ...rest } = before;
    return { ...rest, ...(resources && { resources }), ...(resizePolicy && { resizePolicy }) };
  });
}

function prepareForResize(pod: Pod, old: Pod): void {
  const { spec } = pod;
  const before = old.spec;
  if (spec === undefined || before === undefined) return;
  // Containers may not be added or removed: validation says so.
  const sameShape = spec.containers.length === before.containers.length && (spec.initContainers ?? []).length === (before.initContainers ?? []).length;
  if (sameShape) {
    const { resources: _resources, ...rest } = before;
    const initContainers = resized(spec.initContainers, before.initContainers);
    pod.spec = { ...rest, containers: resized(spec.containers, before.containers)!, ...(initContainers && { initContainers }), ...(spec.resources && { resources: spec.resources }) };
    keepMetadata(pod, old);
  }
  keepField(pod, old, 'status');
  bumpGeneration(pod, old);
}

export const podDefinition: ResourceDefinition<Pod> = {
  type: pods,
  allowUnconditionalUpdate: true,
  applyDefaults: applyPodDefaults,
  prepareForCreate(pod, context) {
    pod.metadata.generation = 1;
    initialStatus(pod, context);
    mergeMatchLabelKeys(pod);
    copyAppArmorAnnotations(pod);
  },
  validate: validatePodCreate,
  update: {
    prepareForUpdate(pod, old) {
      keepField(pod, old, 'status');
      bumpGeneration(pod, old);
    },
    validateUpdate: validatePodUpdate,
  },
  subresources: {
    status: {
      resets: ['spec', 'metadata.deletionTimestamp', 'metadata.ownerReferences'],
      prepareForUpdate(pod, old) {
        keepAllButStatus(pod, old);
        // Neither deletion nor ownership goes through status.
        const { deletionTimestamp, ownerReferences } = old.metadata;
        if (deletionTimestamp === undefined) delete pod.metadata.deletionTimestamp;
        if (ownerReferences === undefined) delete pod.metadata.ownerReferences;
        else pod.metadata.ownerReferences = ownerReferences;
        const status = (pod.status ??= {});
        if ((status.qosClass ?? '') === '' && old.status?.qosClass !== undefined) status.qosClass = old.status.qosClass;
        syncAddresses(status);
        keepObservedGenerations(status, old.status ?? {});
      },
      validateUpdate: validatePodStatusUpdate,
    },
    ephemeralcontainers: {
      owns: ['spec.ephemeralContainers'],
      prepareForUpdate(pod, old) {
        const added = pod.spec?.ephemeralContainers;
        if (old.spec !== undefined) {
          const { ephemeralContainers: _old, ...rest } = old.spec;
          pod.spec = { ...rest, ...(added !== undefined && { ephemeralContainers: added }) };
        }
        keepField(pod, old, 'status');
        keepMetadata(pod, old);
        bumpGeneration(pod, old);
      },
      validateUpdate: validateEphemeralContainersUpdate,
    },
    resize: { owns: ['spec.containers.*.resources', 'spec.containers.*.resizePolicy', 'spec.initContainers.*.resources', 'spec.initContainers.*.resizePolicy'], prepareForUpdate: prepareForResize, validateUpdate: validatePodResize },
  },
  warnings: (pod, old) => (old === undefined ? podWarnings(pod) : []),
  gracePeriodSeconds,
  columns: podColumns,
  // Every kubelet asks for the pods of its node.
  indexedFields: ['spec.nodeName'],
  selectableFields: ({ spec, status }) => ({
    'spec.nodeName': spec?.nodeName ?? '',
    'spec.restartPolicy': spec?.restartPolicy ?? '',
    'spec.schedulerName': spec?.schedulerName ?? '',
    'spec.serviceAccountName': spec?.serviceAccountName ?? '',
    'spec.hostNetwork': String(spec?.hostNetwork ?? false),
    'status.phase': status?.phase ?? '',
    'status.podIP': status?.podIPs?.[0]?.ip ?? status?.podIP ?? '',
    'status.nominatedNodeName': status?.nominatedNodeName ?? '',
  }),
};
