import type { KubeObject } from '../../api/meta/object.ts';
import { namespaceOf } from '../../api/meta/object.ts';
import type { QuotaContext, QuotaEvaluator } from '../../api/quota/evaluator.ts';
import { isExtendedQuotaName } from '../../api/quota/pods.ts';
import { quotaEvaluator } from '../../api/quota/registry.ts';
import { usageMayHaveChanged } from '../../api/quota/usage.ts';
import { deviceclasses, pods } from '../../api/resources.ts';
import type { Client } from '../../client/client.ts';
import type { Informer } from '../../client/informer/informer.ts';
import type { ControllerContext } from '../common/context.ts';
import type { ServedResource } from '../common/discovery.ts';
import { discover } from '../common/discovery.ts';

/** How often the server is asked again for resources that no name of a quota was known to count. */
const discoveryMs = 30_000;

/** A resource that some quota counts. */
export interface Counted {
  readonly evaluator: QuotaEvaluator;
  readonly informer: Informer<KubeObject>;
}

const isCountable = ({ namespaced, verbs }: ServedResource): boolean => namespaced && ['create', 'list', 'delete'].every((verb) => verbs.includes(verb));

/**
 * The resources that quotas count. Each is watched from the first quota on that counts it, so that a cluster without
 * quotas watches nothing.
 */
export class CountedResources {
  readonly #context: ControllerContext;
  readonly #client: Client;
  readonly #replenish: (evaluator: QuotaEvaluator, namespace: string) => void;
  readonly #counted = new Map<string, Counted>();
  #served: readonly ServedResource[] = [];
  #discoveredMs = -Infinity;

  /** `replenish` is told where objects went, or came to use something else than admission has charged. */
  constructor(context: ControllerContext, client: Client, replenish: (evaluator: QuotaEvaluator, namespace: string) => void) {
    this.#context = context;
    this.#client = client;
    this.#replenish = replenish;
  }

  /** What measuring may look at. Complete once `counting` has resolved. */
  get measuring(): QuotaContext {
    const { clock, informers } = this.#context;
    return {
      nowMs: clock.now(),
      deviceClassOf: (resource) => informers.informer(deviceclasses).lister.list().find(({ spec }) => spec.extendedResourceName === resource)?.metadata.name,
      extendedResourceOf: (name) => informers.informer(deviceclasses).lister.get('', name)?.spec.extendedResourceName,
      podOf: (namespace, name) => informers.informer(pods).lister.get(namespace, name),
    };
  }

  /** The resources that count any of these names; resolves when what there is of them is known. */
  async counting(names: readonly string[]): Promise<readonly Counted[]> {
    if (names.some(isExtendedQuotaName)) await this.#context.informers.informer(deviceclasses).synced();
    const nowMs = this.#context.clock.monotonicMs();
    if (names.some((name) => !this.#isKnown(name)) && nowMs - this.#discoveredMs >= discoveryMs) {
      this.#served = (await discover(this.#client)).resources.filter(isCountable);
      this.#discoveredMs = nowMs;
    }
    const context = this.measuring;
    const counted = this.#served.flatMap((resource) => {
      const evaluator = quotaEvaluator(resource.group, resource.resource);
      return evaluator !== undefined && names.some((name) => evaluator.counts(name, context)) ? [this.#follow(resource, evaluator)] : [];
    });
    await Promise.all(counted.map(({ informer }) => informer.synced()));
    return counted;
  }

  #isKnown(name: string): boolean {
    const context = this.measuring;
    return this.#served.some(({ group, resource }) => quotaEvaluator(group, resource)?.counts(name, context) === true);
  }

  #follow({ group, version, resource, kind, namespaced }: ServedResource, evaluator: QuotaEvaluator): Counted {
    const key = `${group}/${resource}`;
    let counted = this.#counted.get(key);
    if (counted === undefined) {
      const informer = this.#context.informers.informer<KubeObject>({ group, version, resource, kind, namespaced });
      informer.addHandler({
        update: (old, object) => {
          if (usageMayHaveChanged(group, resource, object, old, this.#context.clock.now())) this.#replenish(evaluator, namespaceOf(object));
        },
        delete: (object) => this.#replenish(evaluator, namespaceOf(object)),
      });
      this.#counted.set(key, (counted = { evaluator, informer }));
    }
    return counted;
  }
}
