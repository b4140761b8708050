import { invalid, notSupported } from '../../../api/field-error.ts';
import { ApiError } from '../../../api/status.ts';
import type { Event } from '../../../api/types/core/v1.ts';
import type { Clock } from '../../../base/clock.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.ts';
import type { PluginConfiguration } from '../decode-configuration.ts';
import { decodeConfiguration, integer, listOf, recordOf, text } from '../decode-configuration.ts';

const limitTypes = ['Namespace', 'Server', 'SourceAndObject', 'User'] as const;
const defaultCacheSize = 4096;

/** How many events of one kind of origin are taken. */
export interface EventLimit {
  readonly type: (typeof limitTypes)[number];
  readonly perSecond: number;
  readonly burst: number;
  /** How many origins are remembered. */
  readonly cacheSize: number;
}

/** From a Configuration of eventratelimit.admission.k8s.io. Throws ConfigurationError. */
export function eventLimits(configuration: PluginConfiguration | undefined): readonly EventLimit[] {
  const required: PluginConfiguration = configuration ?? { source: 'EventRateLimit', value: { apiVersion: 'eventratelimit.admission.k8s.io/v1alpha1', kind: 'Configuration' } };
  return decodeConfiguration(required, { group: 'eventratelimit.admission.k8s.io', versions: ['v1alpha1'], kind: 'Configuration' }, (fields, errors) => {
    const limits = listOf(recordOf(fields, 'configuration', ['limits'])['limits'] ?? [], 'limits');
    if (limits.length === 0) errors.push(invalid('limits', [], 'must not be empty'));
    return limits.map((entry, i): EventLimit => {
      const path = `limits[${i}]`;
      const limit = recordOf(entry, path, ['type', 'qps', 'burst', 'cacheSize']);
      const type = text(limit['type'] ?? '', `${path}.type`) as EventLimit['type'];
      const [perSecond, burst, cacheSize] = (['qps', 'burst', 'cacheSize'] as const).map((field) => integer(limit[field] ?? 0, `${path}.${field}`)) as [number, number, number];
      if (!limitTypes.includes(type)) errors.push(notSupported(`${path}.type`, type, limitTypes));
      if (burst <= 0) errors.push(invalid(`${path}.burst`, burst, 'must be positive'));
      if (perSecond <= 0) errors.push(invalid(`${path}.qps`, perSecond, 'must be positive'));
      if (type !== 'Server' && cacheSize < 0) errors.push(invalid(`${path}.cacheSize`, cacheSize, 'must not be negative'));
      return { type, perSecond, burst, cacheSize: type === 'Server' ? 1 : cacheSize || defaultCacheSize };
    });
  });
}

function keyOf(type: EventLimit['type'], { namespace, user, object }: AdmissionAttributes): string {
  switch (type) {
    case 'Server': return '';
    case 'Namespace': return namespace;
    case 'User': return user.name;
    case 'SourceAndObject': {
      const { source, involvedObject } = object as Event;
      const { kind, namespace: where, name, uid, apiVersion } = involvedObject;
      return [source?.component, source?.host, kind, where, name, uid, apiVersion].join('');
    }
  }
}

/** Token buckets by origin, the least recently used forgotten first. */
class Buckets {
  readonly #limit: EventLimit;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();

  constructor(limit: EventLimit, clock: Clock) {
    this.#limit = limit;
    this.#clock = clock;
  }

  /** Throws TooManyRequests when the event's origin has used up what it may send. */
  take(attributes: AdmissionAttributes): void {
    const { type, perSecond, burst, cacheSize } = this.#limit;
    const key = keyOf(type, attributes);
    const nowMs = this.#clock.now();
    const bucket = this.#buckets.get(key) ?? { tokens: burst, atMs: nowMs };
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > cacheSize) this.#buckets.delete(this.#buckets.keys().next().value!);
    bucket.tokens = Math.min(burst, bucket.tokens + Math.max(0, nowMs - bucket.atMs) / 1000 * perSecond);
    bucket.atMs = nowMs;
    if (bucket.tokens < 1) throw new ApiError('TooManyRequests', `Too many requests: limit reached on type ${type} for key ${key}`);
    bucket.tokens -= 1;
  }
}

/** Keeps floods of events away from the store. */
export function eventRateLimit(options: { readonly clock: Clock; readonly limits: readonly EventLimit[] }): AdmissionPlugin {
  const all = options.limits.map((limit) => new Buckets(limit, options.clock));
  return {
    name: 'EventRateLimit',
    handles: ({ operation, resource, group }) => (operation === 'CREATE' || operation === 'UPDATE') && resource === 'events' && (group === '' || group === 'events.k8s.io'),
    validate(attributes) {
      let refused: unknown;
      // Each of them counts the event, whichever refuses it.
      for (const buckets of all) {
        try {
          buckets.take(attributes);
        } catch (error) {
          refused = error;
        }
      }
      if (refused !== undefined) throw refused as Error;
    },
  };
}
