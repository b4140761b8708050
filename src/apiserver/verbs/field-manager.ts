import { setOf, setOfPath, union } from '../../api/managed-fields/field-set.ts';
import type { FieldPattern, FieldSet } from '../../api/managed-fields/field-set.ts';
import { givenOwners, ManagedFieldsError } from '../../api/managed-fields/owners.ts';
import { structShape } from '../../api/managed-fields/shape.ts';
import { trackUpdate } from '../../api/managed-fields/track.ts';
import type { Endpoint, Versions, Writer } from '../../api/managed-fields/writer.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { ManagedFieldsEntry } from '../../api/types/meta/v1.ts';
import { semanticEqual } from '../../api/meta/equal.ts';
import { formatTime } from '../../base/clock.ts';
import type { Core } from '../core.ts';
import type { ServerRequest } from '../pipeline/server-request.ts';
import { ConversionNeeded } from '../custom-resources/custom-version.ts';
import type { StoredResource } from '../served-resources.ts';
import { updateRules } from './update-rules.ts';
import type { WriteOptions } from './write-options.ts';

/** Who is recorded as the owner of what a request writes. */
export interface FieldManager {
  readonly name: string;
  /** The resource in the version of the request. */
  readonly served: StoredResource;
  /** Empty: the resource itself. */
  readonly subresource: string;
}

const maxNameBytes = 128;
const encoder = new TextEncoder();
const unprintable = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;

const maxAgents = 256;
const agentNames = new Map<string, string>();

/** What a client that names no field manager is called: its User-Agent up to the first slash. Many requests come from few. */
function nameOfAgent(userAgent: string): string {
  let name = agentNames.get(userAgent);
  if (name === undefined) {
    if (agentNames.size >= maxAgents) agentNames.clear();
    agentNames.set(userAgent, (name = printable(userAgent.split('/', 1)[0]!)));
  }
  return name;
}

function printable(name: string): string {
  let kept = '';
  let bytes = 0;
  for (const character of name.replace(unprintable, '')) {
    bytes += encoder.encode(character).length;
    if (bytes > maxNameBytes) break;
    kept += character;
  }
  return kept;
}

/** The manager of a request. */
export function fieldManagerOf(request: ServerRequest, served: StoredResource, options: WriteOptions): FieldManager {
  const name = options.fieldManager !== '' ? options.fieldManager : nameOfAgent(request.header('user-agent') ?? '');
  return { name: name === '' ? 'unknown' : name, served, subresource: request.info.subresource };
}

/** Metadata that says who an object is: nobody owns it. */
export const neverOwned: FieldSet = setOf([
  ['f:apiVersion', {}], ['f:kind', {}],
  ['f:metadata', setOf(['name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'clusterName', 'generation', 'managedFields', 'resourceVersion'].map((name) => [`f:${name}`, {}]))!],
])!;

const endpoints = new WeakMap<StoredResource, Map<string, Endpoint>>();

function endpointOf(core: Core, served: StoredResource, subresource: string): Endpoint {
  let bySubresource = endpoints.get(served);
  if (bySubresource === undefined) endpoints.set(served, (bySubresource = new Map()));
  let endpoint = bySubresource.get(subresource);
  if (endpoint === undefined) {
    let ignored = neverOwned;
    for (const path of resetFields(served, subresource)) ignored = union(ignored, setOfPath(path.split('.').map((name) => `f:${name}`)))!;
    endpoint = { apiVersion: served.apiVersion, subresource, shape: structShape(served.schema.schema), ignored, ignoredIn: () => ignored, versions: versionsOf(core, served), owned: patternOf(updateRules(served, subresource)?.owns) };
    bySubresource.set(subresource, endpoint);
  }
  return endpoint;
}

function patternOf(paths: readonly string[] | undefined): FieldPattern | undefined {
  if (paths === undefined) return undefined;
  const pattern: Record<string, FieldPattern | true> = {};
  for (const path of paths) {
    const names = path.split('.').map((name) => (name === '*' ? name : `f:${name}`));
    let at = pattern;
    names.forEach((name, i) => {
      if (i === names.length - 1) at[name] = true;
      else at = (at[name] ??= {}) as Record<string, FieldPattern | true>;
    });
  }
  return pattern;
}

/** What a way of writing leaves as it is, whatever is sent. */
function resetFields(served: StoredResource, subresource: string): readonly string[] {
  const stated = updateRules(served, subresource)?.resets;
  if (stated !== undefined) return stated;
  const hasStatus = served.schema.subresources.some(({ name }) => name === 'status');
  if (!hasStatus) return [];
  return subresource === 'status' ? ['spec'] : ['status'];
}

/** How one request writes managed fields. */
export function writerOf(core: Core, { name, served, subresource }: FieldManager): Writer {
  return { manager: name, time: formatTime(core.clock.now()), endpoint: endpointOf(core, served, subresource) };
}

/** An object of one version in another of those that are served of it. */
function versionsOf(core: Core, served: StoredResource): Versions {
  return {
    convert(object, apiVersion) {
      if (apiVersion === served.apiVersion && object.apiVersion === apiVersion) return { object, shape: structShape(served.schema.schema) };
      if (served.custom !== undefined) return convertCustom(core, served, object, apiVersion);
      const to = servedIn(core, served, apiVersion);
      const from = servedIn(core, served, object.apiVersion ?? served.apiVersion);
      if (to === undefined || from === undefined) return undefined;
      const stored = from.conversion === undefined ? object : from.conversion.toStored(object);
      return { object: to.conversion === undefined ? stored : to.conversion.fromStored(stored), shape: structShape(to.schema.schema) };
    },
  };
}

function convertCustom(core: Core, served: StoredResource, object: KubeObject, apiVersion: string): ReturnType<Versions['convert']> {
  const to = servedIn(core, served, apiVersion);
  const converted = to === undefined ? undefined : served.custom?.convertNow(object, apiVersion);
  return converted === undefined || to === undefined ? undefined : { object: converted, shape: structShape(to.schema.schema) };
}

function servedIn(core: Core, served: StoredResource, apiVersion: string): StoredResource | undefined {
  if (apiVersion === served.apiVersion) return served;
  const slash = apiVersion.indexOf('/');
  const found = core.resources.find(slash < 0 ? '' : apiVersion.slice(0, slash), apiVersion.slice(slash + 1), served.schema.resource);
  return found?.storage === served.storage ? (found as StoredResource) : undefined;
}

/**
 * Records in `object`, which is about to stand instead of `live` (undefined: it is new), who owns what of it. Both are
 * in the stored version. Should it fail, the object keeps the record that stands.
 */
export function trackWrite(core: Core, manager: FieldManager, live: KubeObject | undefined, object: KubeObject): void {
  const { conversion } = manager.served;
  let entries: ManagedFieldsEntry[] | undefined;
  try {
    const writer = writerOf(core, manager);
    entries = conversion === undefined ? trackUpdate(live, object, writer) : trackUpdate(live && conversion.fromStored(live), conversion.fromStored(object), writer);
  } catch (error) {
    if (error instanceof ConversionNeeded) throw error;
    keepRecord(core, error, live, object);
    return;
  }
  setRecord(object, entries);
}

/** As `trackWrite`, for whatever a request writes. Undefined when nothing has to be waited for: only custom resources are compared in versions that take time to make. */
export function trackRequest(core: Core, manager: FieldManager, live: KubeObject | undefined, object: KubeObject): Promise<void> | undefined {
  const { custom } = manager.served;
  if (custom === undefined) {
    trackWrite(core, manager, live, object);
    return undefined;
  }
  const tracking = custom.converting(() => trackWrite(core, manager, live, object));
  return tracking instanceof Promise ? tracking.catch((error: unknown) => keepRecord(core, error, live, object)) : undefined;
}

function keepRecord(core: Core, error: unknown, live: KubeObject | undefined, object: KubeObject): void {
  core.logger.error('managed fields could not be updated and stay as they were', { error, kind: object.kind, namespace: object.metadata.namespace, name: object.metadata.name });
  setRecord(object, live?.metadata.managedFields);
}

function setRecord(object: KubeObject, entries: ManagedFieldsEntry[] | undefined): void {
  if (entries === undefined) delete object.metadata.managedFields;
  else object.metadata.managedFields = entries;
}

/**
 * Gives an object its old managed fields back when nothing but their times differs from what stands: such a write is
 * none. Rules and admission may have undone what the client changed.
 */
export function keepTimes(object: KubeObject, old: KubeObject): void {
  const entries = object.metadata.managedFields ?? [];
  const before = old.metadata.managedFields ?? [];
  if (entries === before || entries.length !== before.length || entries.length === 0) return;
  let times = false;
  for (let i = 0; i < entries.length; i++) {
    if (entries[i] === before[i]) continue;
    const { time, fieldsV1, ...entry } = entries[i]!;
    const { time: timeBefore, fieldsV1: fieldsBefore, ...entryBefore } = before[i]!;
    if (!semanticEqual(entry, entryBefore) || (fieldsV1 !== fieldsBefore && !semanticEqual(fieldsV1, fieldsBefore))) return;
    times ||= time !== timeBefore;
  }
  if (!times) return;
  // What changes is mostly at the end: status, then spec.
  const left = object as unknown as Record<string, unknown>;
  const right = old as unknown as Record<string, unknown>;
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])].filter((name) => name !== 'metadata').reverse();
  for (const name of names) if (!semanticEqual(left[name], right[name])) return;
  const { managedFields: _, ...meta } = object.metadata;
  const { managedFields: _old, ...oldMeta } = old.metadata;
  if (semanticEqual(meta, oldMeta)) object.metadata.managedFields = before as ManagedFieldsEntry[];
}

/** Admission that leaves managed fields behind which nobody can read is not heard. */
export function checkAdmitted(object: KubeObject, before: ManagedFieldsEntry[] | undefined, warn: (message: string) => void): void {
  if (object.metadata.managedFields === before) return;
  try {
    givenOwners(object.metadata.managedFields);
  } catch (error) {
    if (!(error instanceof ManagedFieldsError)) throw error;
    if (before === undefined) delete object.metadata.managedFields;
    else object.metadata.managedFields = before;
    warn(`.metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission controller; please fix your requests: ${error.message}`);
  }
}
