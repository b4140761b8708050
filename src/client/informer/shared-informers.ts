import type { KubeObject } from '../../api/meta/object.ts';
import type { ResourceType } from '../../api/resource-type.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { Client } from '../client.ts';
import type { Informer, InformerOptions } from './informer.ts';
import { createInformer } from './informer.ts';

/** The informers of one component: each combination of type, namespace and selectors is listed and watched once. */
export interface SharedInformers {
  /** The informer for a type, started at the first call. Options of later calls with the same scope are not looked at. */
  informer<T extends KubeObject>(type: ResourceType<T>, options?: Pick<InformerOptions<T>, 'namespace' | 'labelSelector' | 'fieldSelector' | 'transform'>): Informer<T>;
  /** Resolves when every informer asked for so far has synced. */
  synced(): Promise<void>;
}

export interface SharedInformersOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Stops all of them. */
  readonly signal: AbortSignal;
}

export function createSharedInformers(client: Client, options: SharedInformersOptions): SharedInformers {
  const informers = new Map<string, Informer<KubeObject>>();
  return {
    informer<T extends KubeObject>(type: ResourceType<T>, scope: Pick<InformerOptions<T>, 'namespace' | 'labelSelector' | 'fieldSelector' | 'transform'> = {}): Informer<T> {
      const id = [type.group, type.version, type.resource, scope.namespace, scope.labelSelector, scope.fieldSelector].join(' ');
      const known = informers.get(id);
      if (known !== undefined) return known as unknown as Informer<T>;
      const informer = createInformer(client, type, { ...scope, clock: options.clock, random: options.random, logger: options.logger });
      informers.set(id, informer as unknown as Informer<KubeObject>);
      informer.start(options.signal);
      return informer;
    },
    async synced() {
      await Promise.all([...informers.values()].map((informer) => informer.synced()));
    },
  };
}
