import type { KubeObject } from '../../api/meta/object.ts';
import type { ResourceType } from '../../api/resource-type.ts';
import { isReason } from '../../api/status.ts';
import type { APIGroup, APIResourceList, APIVersions } from '../../api/types/meta/v1.ts';
import type { Clock } from '../../base/clock.ts';
import type { Client } from '../../client/client.ts';

/** What was discovered is believed for so long; upstream asks anew as often. */
const maxAgeMs = 30_000;

interface Kept<T> { readonly atMs: number; readonly value: Promise<T> }

/** Which resources serve a kind, by discovery of its group alone, when somebody asks. */
export class Kinds {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept<unknown>>();

  constructor(client: Client, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** The versions of a group, the preferred one first; none when nobody serves it. */
  versionsOf(group: string): Promise<readonly string[]> {
    return this.#remember(`versions ${group}`, async () => {
      try {
        if (group === '') return ((await this.#client.raw('GET', '/api')) as APIVersions).versions;
        const { preferredVersion, versions } = (await this.#client.raw('GET', `/apis/${group}`)) as APIGroup;
        const names = versions.map(({ version }) => version);
        return preferredVersion === undefined ? names : [preferredVersion.version, ...names.filter((name) => name !== preferredVersion.version)];
      } catch (error) {
        if (isReason(error, 'NotFound')) return [];
        throw error;
      }
    });
  }

  /** The resources that serve a kind, in the preferred version first. Rejects with upstream's message when there is none. */
  resourcesOf(group: string, kind: string): Promise<readonly ResourceType<KubeObject>[]> {
    return this.#remember(`kind ${group} ${kind}`, async () => {
      const found: ResourceType<KubeObject>[] = [];
      for (const version of await this.versionsOf(group)) {
        const { resources } = (await this.#client.raw('GET', group === '' ? `/api/${version}` : `/apis/${group}/${version}`)) as APIResourceList;
        for (const { name, kind: served, namespaced } of resources) {
          if (served === kind && !name.includes('/')) found.push({ group, version, resource: name, kind, namespaced });
        }
      }
      if (found.length === 0) throw new Error(`no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(group)}`);
      return found;
    });
  }

  #remember<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const nowMs = this.#clock.monotonicMs();
    const kept = this.#kept.get(key);
    if (kept !== undefined && nowMs - kept.atMs < maxAgeMs) return kept.value as Promise<T>;
    for (const [old, { atMs }] of this.#kept) if (nowMs - atMs >= maxAgeMs) this.#kept.delete(old);
    const value = ask();
    this.#kept.set(key, { atMs: nowMs, value });
    // What failed is asked again.
    value.catch(() => this.#kept.delete(key));
    return value;
  }
}
