import type { KubeObject } from '../api/meta/object.ts';
import type { ResourceType } from '../api/resource-type.ts';
import { groupResourceOf } from '../api/resource-type.ts';
import { isReason } from '../api/status.ts';
import type { Client, ObjectRef } from '../client/client.ts';
import type { Expectation, Patience } from './api.ts';
import type { Duration } from './duration.ts';
import { ExpectationError } from './expectation-error.ts';

/** What an expectation needs of its cluster. */
export interface ExpectationOptions {
  readonly client: Client;
  /** Lets time pass until the probe finds something; undefined when it did not within that time. */
  until<T>(probe: () => Promise<T | undefined>, within: Duration): Promise<T | undefined>;
  why(type: ResourceType<KubeObject>, ref: ObjectRef): Promise<readonly string[]>;
}

interface Status {
  readonly phase?: string;
  readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  readonly observedGeneration?: number;
  readonly replicas?: number;
  readonly updatedReplicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
  readonly desiredNumberScheduled?: number;
  readonly updatedNumberScheduled?: number;
  readonly numberAvailable?: number;
}

type Judged = KubeObject & { readonly spec?: { readonly replicas?: number }; readonly status?: Status };

/** What is expected of one object of a cluster. */
export class ObjectExpectation<T extends KubeObject> implements Expectation<T> {
  readonly #options: ExpectationOptions;
  readonly #type: ResourceType<T>;
  readonly #ref: ObjectRef;

  constructor(options: ExpectationOptions, type: ResourceType<T>, ref: ObjectRef) {
    this.#options = options;
    this.#type = type;
    this.#ref = type.namespaced ? { namespace: 'default', ...ref } : ref;
  }

  toExist(patience?: Patience): Promise<T> {
    return this.toSatisfy('to exist', () => true, patience);
  }

  async toBeGone({ within = '1m' }: Patience = {}): Promise<void> {
    const gone = await this.#options.until(async () => ((await this.#found()) === undefined ? true : undefined), within);
    if (gone === undefined) await this.#fail('to be gone', within);
  }

  toBeReady(patience?: Patience): Promise<T> {
    return this.toHaveCondition('Ready', 'True', patience);
  }

  toHaveCondition(condition: string, status: 'True' | 'False' | 'Unknown' = 'True', patience?: Patience): Promise<T> {
    return this.toSatisfy(`to have the condition ${condition}=${status}`, (object) => statusOf(object).conditions?.some((one) => one.type === condition && one.status === status) === true, patience);
  }

  toHavePhase(phase: string, patience?: Patience): Promise<T> {
    return this.toSatisfy(`to be ${phase}`, (object) => statusOf(object).phase === phase, patience);
  }

  toBeRolledOut(patience?: Patience): Promise<T> {
    return this.toSatisfy('to be rolled out', isRolledOut, patience);
  }

  async toSatisfy(what: string, holds: (object: T) => boolean, { within = '1m' }: Patience = {}): Promise<T> {
    const found = await this.#options.until(async () => {
      const object = await this.#found();
      return object !== undefined && holds(object) ? object : undefined;
    }, within);
    return found ?? this.#fail(what, within);
  }

  async toNeverSatisfy(what: string, holds: (object: T) => boolean, { within = '1m' }: Patience = {}): Promise<void> {
    const found = await this.#options.until(async () => {
      const object = await this.#found();
      return object !== undefined && holds(object) ? object : undefined;
    }, within);
    if (found !== undefined) throw new ExpectationError(`expected ${this.#name} never ${what}, and it does`, await this.#why());
  }

  async #found(): Promise<T | undefined> {
    try {
      return await this.#options.client.get(this.#type, this.#ref);
    } catch (error) {
      if (isReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  get #name(): string {
    return `${groupResourceOf(this.#type)} ${this.#ref.namespace === undefined ? '' : `${this.#ref.namespace}/`}${this.#ref.name}`;
  }

  #why(): Promise<readonly string[]> {
    return this.#options.why(this.#type as ResourceType<KubeObject>, this.#ref);
  }

  async #fail(what: string, within: Duration): Promise<never> {
    throw new ExpectationError(`expected ${this.#name} ${what} within ${within}`, await this.#why());
  }
}

const statusOf = (object: KubeObject): Status => (object as Judged).status ?? {};

function isRolledOut(object: KubeObject): boolean {
  const status = statusOf(object);
  if ((status.observedGeneration ?? 0) < (object.metadata.generation ?? 0)) return false;
  if (status.desiredNumberScheduled !== undefined) return status.updatedNumberScheduled === status.desiredNumberScheduled && (status.numberAvailable ?? 0) === status.desiredNumberScheduled;
  const wanted = (object as Judged).spec?.replicas ?? 1;
  const updated = object.kind === 'ReplicaSet' ? status.replicas : status.updatedReplicas;
  return (updated ?? 0) === wanted && (status.replicas ?? 0) === wanted && (status.readyReplicas ?? 0) === wanted && (status.availableReplicas ?? wanted) === wanted;
}
