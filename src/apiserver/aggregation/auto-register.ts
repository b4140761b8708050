import { semanticEqual } from '../../api/meta/equal.ts';
import type { ResourceSchema } from '../../api/schema/schema.ts';
import { apiservices, customresourcedefinitions } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { CustomResourceDefinition } from '../../api/types/apiextensions/v1.ts';
import type { APIService } from '../../api/types/apiregistration/v1.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Client } from '../../client/client.ts';
import { runController } from '../../client/controller.ts';
import type { ObjectReader } from '../cache/reader.ts';
import { builtinPriority, customPriority } from './priorities.ts';

const label = 'kube-aggregator.kubernetes.io/automanaged';
/** Kept right when a server starts, and the user's from then on. */
const onStart = 'onstart';
/** Kept right always. */
const always = 'true';

/** Upstream writes these keys in Go's field order; equality does not care. */
function localService(group: string, version: string, priority: { readonly group: number; readonly version: number }, managed: string): APIService {
  return {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: `${version}.${group}`, labels: { [label]: managed } },
    spec: { ...(group !== '' && { group }), version, groupPriorityMinimum: priority.group, versionPriority: priority.version },
  };
}

/** The API services that stand for what this server serves itself. */
export function builtinServices(served: readonly ResourceSchema[]): readonly APIService[] {
  const services = new Map<string, APIService>();
  for (const { group, version } of served) {
    const priority = builtinPriority(group, version);
    if (priority !== undefined) services.set(`${version}.${group}`, localService(group, version, priority, onStart));
  }
  return [...services.values()];
}

export interface AutoRegisterParts {
  readonly reader: ObjectReader;
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly served: readonly ResourceSchema[];
}

/**
 * Sets the built-in API services right, once, and keeps those of custom resources right until the signal aborts. Objects
 * whose label says that nobody manages them are left alone. Returns whether the built-in ones are all as they should be.
 */
export function startAutoRegister(parts: AutoRegisterParts): () => boolean {
  const { reader, client, clock, logger, signal } = parts;
  const builtin = new Map(builtinServices(parts.served).map((service) => [service.metadata.name!, service]));
  const existing = reader.list(apiservices).filter(({ metadata }) => metadata.labels?.[label] === onStart);
  const pending = new Set([...builtin.keys(), ...existing.map(({ metadata }) => metadata.name!)]);

  // So many that a first start writes all of them in one commit.
  const { queue } = runController({
    name: 'autoregister', clock, logger, signal, informers: [], workers: 50,
    reconcile: async (name) => {
      const current = reader.get(apiservices, '', name);
      if (pending.has(name)) {
        await sync(client, current, builtin.get(name), onStart);
        pending.delete(name);
      } else if (!builtin.has(name)) await sync(client, current, customService(reader, name), always);
    },
  });
  for (const name of pending) queue.add(name);
  const undo = [
    reader.onChange(apiservices, ({ object, previous }) => queue.add((object ?? previous)!.metadata.name!)),
    ...(reader.has(customresourcedefinitions) ? [reader.onChange(customresourcedefinitions, ({ object, previous }) => { for (const name of [...namesOf(object), ...namesOf(previous)]) queue.add(name); })] : []),
  ];
  signal.addEventListener('abort', () => undo.forEach((stop) => stop()), { once: true });
  if (reader.has(customresourcedefinitions)) for (const definition of reader.list(customresourcedefinitions)) for (const name of namesOf(definition)) queue.add(name);
  for (const { metadata } of reader.list(apiservices)) if (metadata.labels?.[label] === always) queue.add(metadata.name!);
  return () => pending.size === 0;
}

const namesOf = (definition: CustomResourceDefinition | undefined): string[] => (definition?.spec.versions ?? []).map(({ name }) => `${name}.${definition!.spec.group}`);

/** What stands for a version that some custom resource is served in. */
function customService(reader: ObjectReader, name: string): APIService | undefined {
  if (!reader.has(customresourcedefinitions)) return undefined;
  const dot = name.indexOf('.');
  const [version, group] = [name.slice(0, dot), name.slice(dot + 1)];
  const served = reader.list(customresourcedefinitions).some(({ spec }) => spec.group === group && spec.versions.some((one) => one.name === version && one.served));
  return served ? localService(group, version, customPriority, always) : undefined;
}

/** Brings one API service to what it should be, unless it is somebody else's. */
async function sync(client: Client, current: APIService | undefined, desired: APIService | undefined, managed: string): Promise<void> {
  try {
    if (current === undefined) {
      if (desired !== undefined) await client.create(apiservices, desired);
      return;
    }
    if (current.metadata.labels?.[label] !== managed) return;
    if (desired === undefined) await client.delete(apiservices, { name: current.metadata.name! }, { preconditions: { uid: current.metadata.uid! } });
    else if (!semanticEqual(current.spec, desired.spec)) await client.update(apiservices, { ...current, spec: desired.spec! });
  } catch (error) {
    // Somebody was quicker: the change calls again.
    if (!isReason(error, 'AlreadyExists') && !isReason(error, 'Conflict') && !isReason(error, 'NotFound')) throw error;
  }
}
