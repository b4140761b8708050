import { joinKey, namespaceOf } from '../api/meta/object.ts';
import type { KubeObject } from '../api/meta/object.ts';
import type { Provenance, RefusalRecord } from '../api/provenance.ts';
import type { ResourceType } from '../api/resource-type.ts';
import { groupResourceOf } from '../api/resource-type.ts';
import { events } from '../api/resources.ts';
import { isReason } from '../api/status.ts';
import type { Event } from '../api/types/core/v1.ts';
import type { Client, ObjectRef, Selectors } from '../client/client.ts';

/** What one node said to a pod that waits. */
export interface NodeVerdict {
  readonly node: string;
  readonly plugin: string;
  readonly reasons: readonly string[];
  readonly remedy: readonly string[];
}

/** What the scheduler knows of a pod that waits. */
export interface PodVerdict {
  readonly refusedAtOnce: string;
  readonly preemption: string;
  readonly nodes: readonly NodeVerdict[];
  readonly nodeCount: number;
}

/** What an explanation is made of. */
export interface ViewParts {
  /** Acts as whoever asks: nothing is told that he may not read himself. */
  readonly client: Client;
  readonly provenance: Provenance;
  /** 'elsewhere': the scheduler runs in another process. Undefined: it does not know the pod, or has no objection. */
  verdictOf(podUid: string): PodVerdict | 'elsewhere' | undefined;
  /** May whoever asks get this object? */
  mayGet(group: string, resource: string, ref: { readonly namespace: string; readonly name: string }): Promise<boolean>;
  /** `deployments.apps` -> `Deployment`; undefined for what is not served. */
  kindOf(groupResource: string): string | undefined;
  nowMs(): number;
}

/** The cluster as one explanation reads it: each thing once, and what cannot be read is noted. */
export class ClusterView {
  readonly parts: ViewParts;
  readonly notes = new Set<string>();
  readonly #lists = new Map<string, Promise<readonly KubeObject[]>>();
  readonly #events = new Map<string, Promise<ReadonlyMap<string, readonly Event[]>>>();

  constructor(parts: ViewParts) {
    this.parts = parts;
  }

  /** Undefined: there is none, or it may not be read. */
  async get<T extends KubeObject>(type: ResourceType<T>, ref: ObjectRef): Promise<T | undefined> {
    try {
      return await this.parts.client.get(type, ref);
    } catch (error) {
      if (isReason(error, 'NotFound')) return undefined;
      this.#note(error, `${type.kind} ${joinKey(ref.namespace ?? '', ref.name)}`);
      return undefined;
    }
  }

  /** Empty when it may not be read. */
  list<T extends KubeObject>(type: ResourceType<T>, namespace: string, selectors: Selectors = {}): Promise<readonly T[]> {
    const id = [groupResourceOf(type), namespace, selectors.labelSelector, selectors.fieldSelector].join(' ');
    let found = this.#lists.get(id);
    if (found === undefined) {
      found = this.parts.client.list(type, { namespace }, selectors).then(({ items }) => items, (error: unknown) => {
        this.#note(error, `${type.resource}${namespace === '' ? '' : ` in ${namespace}`}`);
        return [];
      });
      this.#lists.set(id, found);
    }
    return found as Promise<readonly T[]>;
  }

  /** Events about an object, the latest first; of these reasons, when some are named. */
  async eventsOf(object: KubeObject, ...reasons: string[]): Promise<readonly Event[]> {
    const namespace = namespaceOf(object) === '' ? 'default' : namespaceOf(object);
    let found = this.#events.get(namespace);
    if (found === undefined) this.#events.set(namespace, found = this.list(events, namespace).then(byObject));
    const all = (await found).get(object.metadata.uid ?? '') ?? (await found).get(`${object.kind ?? ''} ${object.metadata.name ?? ''}`) ?? [];
    return reasons.length === 0 ? all : all.filter(({ reason }) => reasons.includes(reason ?? ''));
  }

  /** Refused writes of the object and of what belongs to it, the latest first. */
  refusalsOf(type: ResourceType<KubeObject>, object: KubeObject): readonly RefusalRecord[] {
    return this.parts.provenance.refusalsOf(`${groupResourceOf(type)}/${joinKey(namespaceOf(object), object.metadata.name ?? '')}`, object.metadata.uid).toReversed();
  }

  #note(error: unknown, what: string): void {
    if (!isReason(error, 'Forbidden')) throw error;
    this.notes.add(`You may not read ${what}: what is there is left out.`);
  }
}

const timeOf = ({ series, lastTimestamp, eventTime, metadata }: Event): string => series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? '';

/** By uid, and by kind and name for those about what has no uid: nodes are named in place of it. */
function byObject(list: readonly Event[]): Map<string, Event[]> {
  const found = new Map<string, Event[]>();
  for (const event of list.toSorted((a, b) => (timeOf(a) < timeOf(b) ? 1 : timeOf(a) > timeOf(b) ? -1 : 0))) {
    const { uid, kind, name } = event.involvedObject;
    for (const key of [uid, `${kind ?? ''} ${name ?? ''}`]) {
      if (key === undefined || key === '') continue;
      const known = found.get(key);
      if (known === undefined) found.set(key, [event]);
      else known.push(event);
    }
  }
  return found;
}
