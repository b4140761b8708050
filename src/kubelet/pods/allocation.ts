import { semanticEqual } from '../../api/meta/equal.ts';
import type { Container, Pod, PodCondition, PodSpec, ResourceRequirements } from '../../api/types/core/v1.ts';
import type { PodEvents } from '../pod-events.ts';
import type { ResizeRefusal } from './judge-resize.ts';
import { containersOf, specOf } from './pod-spec.ts';
import { requestsOf } from '../resources/quantities.ts';

/** How often a resize that did not fit is tried again though nothing was heard. */
export const resizeRetryMs = 180_000;

const none: readonly PodCondition[] = [];

/** What a node has granted a pod of the resources that its spec asks for: the two differ while a resize waits. */
export class Allocation {
  readonly #granted = new Map<string, ResourceRequirements>();
  #podLevel: PodSpec['resources'];
  #pending: PodCondition | undefined;
  #inProgress: PodCondition | undefined;
  #conditions: readonly PodCondition[] | undefined;
  #requests: ReadonlyMap<string, number> | undefined;
  /** The version of the pod that was looked at last, and what it is with what was granted. */
  #last: { readonly pod: Pod; readonly applied: Pod } | undefined;

  /** Of a pod that is new here, all is granted; of one that ran before, what its status says while a resize of it waits. */
  constructor(pod: Pod) {
    const conditions = pod.status?.conditions ?? [];
    this.#pending = conditions.find(({ type }) => type === 'PodResizePending');
    this.#inProgress = conditions.find(({ type }) => type === 'PodResizeInProgress');
    this.#grant(pod);
    if (this.#pending === undefined) return;
    for (const { name, resources, allocatedResources } of [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])]) {
      if (resources !== undefined) this.#granted.set(name, { ...resources, ...(allocatedResources !== undefined && { requests: allocatedResources }) });
    }
  }

  /** Does a resize wait for room? */
  get isPending(): boolean {
    return this.#pending !== undefined;
  }

  /** The same list as long as nothing has changed. */
  get conditions(): readonly PodCondition[] {
    const [pending, inProgress] = [this.#pending, this.#inProgress];
    if (pending === undefined && inProgress === undefined) return none;
    const known = this.#conditions;
    if (known !== undefined && known.at(0) === (pending ?? inProgress) && known.at(-1) === (inProgress ?? pending)) return known;
    return this.#conditions = [pending, inProgress].filter((condition) => condition !== undefined);
  }

  /** What was granted in all; counted once, for whoever is admitted next to it. */
  requestsOf(pod: Pod): ReadonlyMap<string, number> {
    return this.#requests ??= requestsOf(this.apply(pod));
  }

  /** The pod with what was granted instead of what it asks for; itself when that is the same. */
  apply(pod: Pod): Pod {
    if (this.#last?.pod !== pod) this.#last = { pod, applied: this.#isGranted(pod) ? pod : this.#restricted(pod) };
    return this.#last.applied;
  }

  #restricted(pod: Pod): Pod {
    const spec = specOf(pod);
    const own = (container: Container): Container => {
      const { resources: _asked, ...rest } = container;
      const resources = this.#granted.get(container.name);
      return resources === undefined ? rest : { ...rest, resources };
    };
    const { resources: _podLevel, ...rest } = spec;
    return { ...pod, spec: { ...rest, containers: spec.containers.map(own), ...(spec.initContainers !== undefined && { initContainers: spec.initContainers.map(own) }), ...(this.#podLevel !== undefined && { resources: this.#podLevel }) } };
  }

  /** Grants what the pod asks for by now, if `judge` has nothing against it. */
  review(pod: Pod, judge: (asked: Pod, granted: Pod) => ResizeRefusal | undefined, events: PodEvents): void {
    if (this.#isGranted(pod)) {
      this.#pending = undefined;
      return;
    }
    const observedGeneration = pod.metadata.generation ?? 0;
    const refusal = judge(pod, this.apply(pod));
    if (refusal === undefined) {
      this.#grant(pod);
      this.#pending = undefined;
      this.#inProgress = { type: 'PodResizeInProgress', status: 'True', observedGeneration };
      events.normal(pod, 'ResizeStarted', `Pod resize started: ${summaryOf(pod, observedGeneration)}`);
      return;
    }
    const { reason, message } = refusal;
    const isNew = this.#pending?.reason !== reason || this.#pending.observedGeneration !== observedGeneration;
    this.#pending = { type: 'PodResizePending', status: 'True', reason, message, observedGeneration };
    if (isNew) events.warning(pod, `Resize${reason}`, `Pod resize ${reason}: ${summaryOf(pod, observedGeneration, message)}`);
  }

  /** What became of it on the machine: `error` while something is in the way. */
  progress(pod: Pod, isResizing: boolean, error: string | undefined, events: PodEvents): void {
    const observedGeneration = this.#inProgress?.observedGeneration ?? pod.metadata.generation ?? 0;
    if (error !== undefined) {
      const isNew = this.#inProgress?.reason !== 'Error' || this.#inProgress.message !== error;
      this.#inProgress = { type: 'PodResizeInProgress', status: 'True', reason: 'Error', message: error, observedGeneration };
      if (isNew) events.warning(pod, 'ResizeError', `Pod resize error: ${summaryOf(pod, observedGeneration, error)}`);
      return;
    }
    if (isResizing) {
      this.#inProgress ??= { type: 'PodResizeInProgress', status: 'True', observedGeneration };
      return;
    }
    if (this.#inProgress === undefined) return;
    this.#inProgress = undefined;
    events.normal(pod, 'ResizeCompleted', `Pod resize completed: ${summaryOf(pod, observedGeneration)}`);
  }

  #grant(pod: Pod): void {
    for (const { container } of containersOf(pod)) this.#granted.set(container.name, container.resources ?? {});
    this.#podLevel = specOf(pod).resources;
    this.#last = undefined;
    this.#requests = undefined;
  }

  #isGranted(pod: Pod): boolean {
    return semanticEqual(specOf(pod).resources, this.#podLevel) && containersOf(pod).every(({ container }) => {
      const granted = this.#granted.get(container.name);
      // Of ephemeral containers, which come later, nothing is asked.
      return granted === undefined || semanticEqual(relevant(container.resources), relevant(granted));
    });
  }
}

/** Empty lists are none. */
function relevant({ requests = {}, limits = {} }: ResourceRequirements = {}): Pick<ResourceRequirements, 'requests' | 'limits'> {
  return { requests, limits };
}

function summaryOf(pod: Pod, generation: number, error?: string): string {
  const { initContainers = [], containers } = specOf(pod);
  const summary = (list: readonly Container[]): unknown[] => list.map(({ name, resources = {} }) => ({ name, resources }));
  return JSON.stringify({ ...(initContainers.length > 0 && { initContainers: summary(initContainers) }), containers: summary(containers), generation, ...(error !== undefined && { error }) });
}
