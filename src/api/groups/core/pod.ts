import { formatTime } from '../../../base/clock.ts';
import { semanticEqual } from '../../meta/equal.ts';
import { pods } from '../../resources.ts';
import type { Pod } from '../../types/core/v1.ts';
import type { ResourceDefinition, RuleContext } from '../definition.ts';
import { keepAllButStatus, keepField } from '../strategy.ts';
import { podColumns } from './pod-columns.ts';
import { applyPodDefaults } from './pod-defaults.ts';
import { podQosClass } from './pod-qos.ts';

/** A pod starts Pending; gates are told of at once, so that `kubectl get` shows why it waits (KEP-3521). */
function initialStatus(pod: Pod, { nowMs }: RuleContext): void {
  pod.status = { phase: 'Pending', qosClass: podQosClass(pod) };
  if ((pod.spec?.schedulingGates ?? []).length > 0) {
    pod.status.conditions = [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated', message: 'Scheduling is blocked due to non-empty scheduling gates', lastTransitionTime: formatTime(nowMs) }];
  }
}

/** The grace period that applies: what the client asked for, else the pod's own; none for pods that never ran or are done. */
function gracePeriodSeconds(pod: Pod, requested: number | undefined): number {
  let seconds = requested ?? pod.spec?.terminationGracePeriodSeconds ?? 30;
  if (pod.spec?.nodeName === undefined || pod.spec.nodeName === '' || pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded') seconds = 0;
  // A negative period means "as little as possible", which is a second.
  return seconds < 0 ? 1 : seconds;
}

/** `podIP` is the first of `podIPs`, whichever was written. */
function syncAddresses(pod: Pod): void {
  const { status } = pod;
  if (status === undefined) return;
  if (status.podIP !== undefined && status.podIP !== '' && status.podIPs?.[0]?.ip !== status.podIP) status.podIPs = [{ ip: status.podIP }];
  else if (status.podIPs?.[0]?.ip !== undefined) status.podIP = status.podIPs[0].ip;
  if (status.hostIP !== undefined && status.hostIP !== '' && status.hostIPs?.[0]?.ip !== status.hostIP) status.hostIPs = [{ ip: status.hostIP }];
}

export const podDefinition: ResourceDefinition<Pod> = {
  type: pods,
  allowUnconditionalUpdate: true,
  applyDefaults: applyPodDefaults,
  prepareForCreate(pod, context) {
    pod.metadata.generation = 1;
    initialStatus(pod, context);
  },
  update: {
    prepareForUpdate(pod, old) {
      keepField(pod, old, 'status');
      if (pod.spec !== undefined && old.spec?.ephemeralContainers !== undefined) pod.spec.ephemeralContainers = old.spec.ephemeralContainers;
      const generation = old.metadata.generation ?? 1;
      pod.metadata.generation = semanticEqual(pod.spec, old.spec) ? generation : generation + 1;
    },
  },
  subresources: {
    status: {
      prepareForUpdate(pod, old) {
        const { deletionTimestamp, ownerReferences } = old.metadata;
        keepAllButStatus(pod, old);
        // Neither deletion nor ownership goes through status.
        if (deletionTimestamp === undefined) delete pod.metadata.deletionTimestamp;
        if (ownerReferences === undefined) delete pod.metadata.ownerReferences;
        else pod.metadata.ownerReferences = ownerReferences;
        if (pod.status !== undefined && old.status?.qosClass !== undefined) pod.status.qosClass = old.status.qosClass;
        syncAddresses(pod);
      },
    },
    ephemeralcontainers: {
      prepareForUpdate(pod, old) {
        const added = pod.spec?.ephemeralContainers;
        keepField(pod, old, 'spec');
        keepField(pod, old, 'status');
        const generation = old.metadata.generation ?? 1;
        if (pod.spec !== undefined) pod.spec = { ...structuredClone(pod.spec), ...(added !== undefined && { ephemeralContainers: added }) };
        pod.metadata.generation = semanticEqual(pod.spec, old.spec) ? generation : generation + 1;
      },
    },
    resize: {
      prepareForUpdate(pod, old) {
        const resized = pod.spec;
        const spec = structuredClone(old.spec);
        const generation = old.metadata.generation ?? 1;
        // Only resources and resize policies of containers pass.
        for (const list of ['containers', 'initContainers'] as const) {
          for (const container of spec?.[list] ?? []) {
            const wanted = resized?.[list]?.find((one) => one.name === container.name);
            if (wanted?.resources !== undefined) container.resources = wanted.resources;
            if (wanted?.resizePolicy !== undefined) container.resizePolicy = wanted.resizePolicy;
          }
        }
        if (spec !== undefined) pod.spec = spec;
        keepField(pod, old, 'status');
        pod.metadata.generation = semanticEqual(pod.spec, old.spec) ? generation : generation + 1;
      },
    },
  },
  gracePeriodSeconds,
  columns: podColumns,
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
