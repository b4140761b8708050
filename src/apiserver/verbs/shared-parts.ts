import { writtenWithStatus } from '../../api/groups/strategy.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { StoredResource } from '../served-resources.ts';
import type { DecodedBody } from './decoded-body.ts';

/**
 * What stands where something is about to be written, and which of its members that way of writing leaves as they are.
 * Components of this process send them back as they got them, the very frozen objects of the cache: these need not be
 * copied, decoded, compared or frozen again.
 */
export interface Standing {
  readonly object: KubeObject;
  /** Left as it is, whatever is sent: nothing on the way of a write changes it in place. */
  leaves(name: string): boolean;
}

/** Undefined where there is nothing to share: objects of other versions are made anew for each reader. */
export function standingOf(served: StoredResource, subresource: string, object: KubeObject | undefined): Standing | undefined {
  if (object === undefined || served.custom !== undefined || served.conversion !== undefined) return undefined;
  if (subresource === 'status') return { object, leaves: (name) => !writtenWithStatus.has(name) };
  if (subresource === '' && served.schema.subresources.some(({ name }) => name === 'status')) return { object, leaves: (name) => name === 'status' };
  return undefined;
}

const isShared = (standing: Standing, name: string, member: unknown): boolean => typeof member === 'object' && member !== null && standing.leaves(name) && member === memberOf(standing.object, name);
const memberOf = (object: object, name: string): unknown => (object as Readonly<Record<string, unknown>>)[name];

/**
 * What is to be written, as it is sent. Where it is meant for this very revision, managed fields that are those that
 * stand stay behind: they are made anew from these.
 */
export function withoutStandingRecord(value: unknown, standing: Standing): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const { metadata } = value as Partial<KubeObject>;
  const { managedFields, resourceVersion } = standing.object.metadata;
  if (managedFields === undefined || typeof metadata !== 'object' || metadata === null || metadata.managedFields !== managedFields || metadata.resourceVersion !== resourceVersion) return value;
  return { ...value, metadata: { ...metadata, managedFields: undefined } };
}

/** The names of what a body shares with what stands. */
export function sharedNames({ value }: DecodedBody, standing: Standing | undefined): readonly string[] {
  if (standing === undefined || typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.keys(value).filter((name) => isShared(standing, name, memberOf(value, name)));
}

/** Decodes a body without what it shares with what stands, which comes out as it is, in its place. */
export function decodeSharing(body: DecodedBody, shared: readonly string[], decode: (body: DecodedBody) => KubeObject): KubeObject {
  const value = body.value as Readonly<Record<string, unknown>>;
  const rest: Record<string, unknown> = {};
  for (const name in value) if (!shared.includes(name)) rest[name] = value[name];
  const decoded = decode({ ...body, value: rest }) as KubeObject & Record<string, unknown>;
  const whole: Record<string, unknown> = {};
  for (const name in value) {
    if (shared.includes(name)) whole[name] = value[name];
    else if (name in decoded) whole[name] = decoded[name];
  }
  for (const name in decoded) if (!(name in whole)) whole[name] = decoded[name];
  return whole as unknown as KubeObject;
}
