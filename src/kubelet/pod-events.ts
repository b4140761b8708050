import { nameOf, namespaceOf, uidOf } from '../api/meta/object.ts';
import type { ObjectReference, Pod } from '../api/types/core/v1.ts';
import type { EventRecorder } from '../client/event-recorder/event-recorder.ts';
import { containerFieldPath } from './pods/pod-spec.ts';

/** Events of the kubelet on its pods. */
export class PodEvents {
  readonly #recorder: EventRecorder;

  constructor(recorder: EventRecorder) {
    this.#recorder = recorder;
  }

  normal(pod: Pod, reason: string, message: string): void {
    this.#recorder.event(referenceOf(pod), 'Normal', reason, message);
  }

  warning(pod: Pod, reason: string, message: string): void {
    this.#recorder.event(referenceOf(pod), 'Warning', reason, message);
  }

  /** On one container: the reference says which. Without a name: on the pod. */
  container(pod: Pod, container: string, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const reference = referenceOf(pod);
    if (container !== '') reference.fieldPath = containerFieldPath(pod, container);
    this.#recorder.event(reference, type, reason, message);
  }
}

function referenceOf(pod: Pod): ObjectReference {
  const { resourceVersion } = pod.metadata;
  const reference: ObjectReference = { kind: 'Pod', apiVersion: 'v1', namespace: namespaceOf(pod), name: nameOf(pod), uid: uidOf(pod) };
  if (resourceVersion !== undefined) reference.resourceVersion = resourceVersion;
  return reference;
}
