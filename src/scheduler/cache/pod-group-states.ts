import { namespaceOf, uidOf } from '../../api/meta/object.ts';
import type { Pod } from '../../api/types/core/v1.ts';

/** `assumed`: it has its place, but is not bound yet. */
type Standing = 'unscheduled' | 'assumed' | 'assigned';

/** The group that the pod is scheduled with; undefined for most. */
export const groupNameOf = ({ spec }: Pod): string | undefined => spec?.schedulingGroup?.podGroupName;

/** The pods that name one group. */
export class PodGroupState {
  readonly #pods = new Map<string, Standing>();

  /** How many there are, placed or not. */
  get count(): number {
    return this.#pods.size;
  }

  /** How many have a place. */
  get scheduledCount(): number {
    return this.#pods.size - this.uids('unscheduled').length;
  }

  uids(wanted: Standing): readonly string[] {
    return [...this.#pods].filter(([, standing]) => standing === wanted).map(([uid]) => uid);
  }

  standingOf(uid: string): Standing | undefined {
    return this.#pods.get(uid);
  }

  set(uid: string, standing: Standing): void {
    this.#pods.set(uid, standing);
  }

  delete(uid: string): void {
    this.#pods.delete(uid);
  }
}

/** Which pods belong to which group, and how far each has come. Pods without a group are passed over. */
export class PodGroupStates {
  readonly #groups = new Map<string, PodGroupState>();

  /** Undefined: no pod names it. */
  of(namespace: string, name: string): PodGroupState | undefined {
    return this.#groups.get(`${namespace}/${name}`);
  }

  /** The pod as the API has it. */
  add(pod: Pod): void {
    const key = keyOf(pod);
    if (key === undefined) return;
    let group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, (group = new PodGroupState()));
    const uid = uidOf(pod);
    if ((pod.spec?.nodeName ?? '') !== '') group.set(uid, 'assigned');
    else if (group.standingOf(uid) === undefined) group.set(uid, 'unscheduled');
  }

  delete(pod: Pod): void {
    const key = keyOf(pod);
    const group = key === undefined ? undefined : this.#groups.get(key);
    if (key === undefined || group === undefined) return;
    group.delete(uidOf(pod));
    if (group.count === 0) this.#groups.delete(key);
  }

  /** The pod has its place, as far as the scheduler is concerned. */
  assume(pod: Pod): void {
    this.#move(pod, 'unscheduled', 'assumed');
  }

  /** It has not after all. */
  forget(pod: Pod): void {
    this.#move(pod, 'assumed', 'unscheduled');
  }

  #move(pod: Pod, from: Standing, to: Standing): void {
    const key = keyOf(pod);
    const group = key === undefined ? undefined : this.#groups.get(key);
    if (group?.standingOf(uidOf(pod)) === from) group.set(uidOf(pod), to);
  }
}

function keyOf(pod: Pod): string | undefined {
  const name = groupNameOf(pod);
  return name === undefined ? undefined : `${namespaceOf(pod)}/${name}`;
}
