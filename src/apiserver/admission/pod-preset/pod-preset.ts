import { podpresets } from '../../../api/groups/settings/pod-preset.ts';
import { labelSelectorAsSelector } from '../../../api/meta/labels.ts';
import { controllerOf } from '../../../api/meta/object.ts';
import { events, pods } from '../../../api/resources.ts';
import type { ObjectReference, Pod } from '../../../api/types/core/v1.ts';
import { formatTime } from '../../../base/clock.ts';
import type { Clock } from '../../../base/clock.ts';
import type { LocalEndpoint } from '../../../client/transports/local-endpoint.ts';
import type { ObjectReader } from '../../cache/reader.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.ts';
import { concernedBy } from '../refuse.ts';
import type { MergeConflict } from './merge.ts';
import { mergePresets } from './merge.ts';

const prefix = 'podpreset.admission.kubernetes.io';
const excludeAnnotation = `${prefix}/exclude`;
const mirrorAnnotation = 'kubernetes.io/config.mirror';

interface Parts {
  readonly reader: ObjectReader;
  readonly clock: Clock;
  /** Where events are written. Without it nobody is told of conflicts. */
  readonly local?: LocalEndpoint | undefined;
}

/** Whom an event is about that concerns a pod which has no name yet: what makes the pod, else the pod. */
function involved(pod: Pod, namespace: string): ObjectReference {
  const owner = controllerOf(pod);
  if (owner !== undefined) return { apiVersion: owner.apiVersion, kind: owner.kind, namespace, name: owner.name, uid: owner.uid };
  return { apiVersion: 'v1', kind: 'Pod', namespace, name: pod.metadata.name ?? pod.metadata.generateName ?? '' };
}

async function tell({ local, clock }: Parts, pod: Pod, attributes: AdmissionAttributes, conflict: MergeConflict): Promise<void> {
  const { namespace } = attributes;
  const at = formatTime(clock.now());
  const body = {
    apiVersion: 'v1', kind: 'Event', metadata: { generateName: `${conflict.preset}-`, namespace },
    involvedObject: involved(pod, namespace), type: 'Warning', reason: 'PodPresetConflict', message: conflict.message,
    source: { component: `pip ${conflict.preset}` }, firstTimestamp: at, lastTimestamp: at, count: 1,
  };
  // The pod is made without the preset, event or not.
  await local?.request({ method: 'POST', path: `/api/v1/namespaces/${namespace}/${events.resource}`, user: { name: 'system:apiserver', groups: ['system:masters'] }, body }).catch(() => {});
}

async function tellAll(parts: Parts, pod: Pod, attributes: AdmissionAttributes, conflicts: readonly MergeConflict[]): Promise<void> {
  for (const conflict of conflicts) await tell(parts, pod, attributes, conflict);
}

function admitPod(parts: Parts, attributes: AdmissionAttributes): Promise<void> | undefined {
  const pod = attributes.object as Pod;
  const annotations = pod.metadata.annotations ?? {};
  if (mirrorAnnotation in annotations || annotations[excludeAnnotation] === 'true') return undefined;
  const labels = pod.metadata.labels ?? {};
  const presets = parts.reader.list(podpresets, attributes.namespace).filter(({ spec }) => labelSelectorAsSelector(spec?.selector ?? {}).matches(labels));
  if (presets.length === 0) return undefined;
  const conflicts = mergePresets(pod, presets);
  if (conflicts.length > 0) return attributes.dryRun ? undefined : tellAll(parts, pod, attributes, conflicts);
  const applied = presets.map(({ metadata }) => [`${prefix}/podpreset-${metadata.name}`, metadata.resourceVersion ?? '']);
  pod.metadata.annotations = { ...annotations, ...Object.fromEntries(applied) };
  return undefined;
}

/** Puts the pod presets of a namespace into the new pods that they choose. Does nothing where settings.k8s.io/v1alpha1 is not served. */
export function podPreset(parts: Parts): AdmissionPlugin {
  if (!parts.reader.has(podpresets)) return { name: 'PodPreset', handles: () => false };
  return {
    name: 'PodPreset',
    handles: concernedBy(['CREATE'], pods),
    admit: (attributes) => (attributes.object === undefined ? undefined : admitPod(parts, attributes)),
  };
}
