import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import { registryRoot, storagePrefix } from '../cache/watch-cache.ts';
import type { HealthCheck } from '../health-check.ts';
import type { ProviderChoice, ResourceChoice } from './configuration.ts';
import type { TransformerFor } from './encrypted-store.ts';
import { identity } from './providers/identity.ts';
import { aesCbc, aesGcm } from './providers/keyed.ts';
import type { KmsProvider } from './providers/kms.ts';
import type { Provider, ValueTransformer } from './transformer.ts';
import { ProviderChain } from './transformer.ts';

/** Key services and what is sealed with what. Disposing hangs up on the services. */
export interface Encryption extends Disposable {
  readonly transformerFor: TransformerFor;
  /** One for each key service: `kms-provider-0` … */
  readonly health: readonly HealthCheck[];
}

/** Makes what a configuration chooses. A key service that is away does not reject: what needs it fails, and so does its health check. */
export async function openEncryption(choices: readonly ResourceChoice[], parts: { readonly clock: Clock; readonly random: Random; readonly logger: Logger }): Promise<Encryption> {
  const services: KmsProvider[] = [];
  const make = async (choice: ProviderChoice): Promise<Provider> => {
    switch (choice.kind) {
      case 'identity': return identity;
      case 'aesgcm': return aesGcm(choice.keys);
      case 'aescbc': return aesCbc(choice.keys);
      case 'kms': {
        const [{ KmsProvider: Kms }, { connectKms }] = await Promise.all([import('./providers/kms.ts'), import('./providers/kms-client.ts')]);
        const service = connectKms(choice.endpoint, { timeoutMs: choice.timeoutMs, clock: parts.clock });
        const provider = await Kms.start({ ...parts, name: choice.name, service });
        services.push(provider);
        return provider;
      }
    }
  };
  const rules = new Map<string, ValueTransformer>();
  for (const { resources, providers } of choices) {
    const chain = new ProviderChain(await Promise.all(providers.map(make)));
    // The first entry that names a resource decides, as upstream's does.
    for (const resource of resources) if (!rules.has(resource)) rules.set(resource, chain);
  }
  return {
    transformerFor: byPrefix(rules),
    health: services.map((service, i): HealthCheck => ({ name: `kms-provider-${i}`, check: () => service.checkHealth() })),
    [Symbol.dispose]: () => services.forEach((service) => service[Symbol.dispose]()),
  };
}

/** Looks a key's resource up once. */
function byPrefix(rules: ReadonlyMap<string, ValueTransformer>): TransformerFor {
  const known = new Map<string, ValueTransformer | undefined>();
  const exact = new Map<string, ValueTransformer>();
  for (const [name, chain] of rules) {
    const dot = name.indexOf('.');
    const [resource, group] = dot < 0 ? [name, ''] : [name.slice(0, dot), name.slice(dot + 1)];
    if (resource !== '*') exact.set(storagePrefix(group, resource), chain);
  }
  return (key) => {
    const prefix = key.slice(0, key.indexOf('/', key.indexOf('/', registryRoot.length) + 1) + 1);
    if (!known.has(prefix)) {
      const group = prefix.split('/')[2] ?? '';
      known.set(prefix, exact.get(prefix) ?? rules.get(group === 'core' ? '*.' : `*.${group}`) ?? rules.get('*.*'));
    }
    return known.get(prefix);
  };
}
