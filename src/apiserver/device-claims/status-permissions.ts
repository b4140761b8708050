/** Who may say what about a claim's devices: binding is the scheduler's, status the drivers' own (KEP-4817, KEP-5018). */
import type { FieldError } from '../../api/field-error.ts';
import { forbidden } from '../../api/field-error.ts';
import { semanticEqual } from '../../api/meta/equal.ts';
import type { AllocatedDeviceStatus, AllocationResult, ResourceClaim } from '../../api/types/resource/v1.ts';
import type { UserInfo } from '../authentication/authenticator.ts';
import type { Attributes, Decision } from '../authorization/authorizer.ts';
import type { ObjectReader } from '../cache/reader.ts';
import { attributesOf, forbidden as refusal } from '../pipeline/authorize.ts';
import type { WriteOrigin } from '../provenance/provenance.ts';
import { unlessMarked } from './admin-access.ts';

export interface PermissionParts {
  readonly reader: ObjectReader;
  readonly authorize: (attributes: Attributes) => Decision | Promise<Decision>;
}

const nodeNameKey = 'authentication.kubernetes.io/node-name';

/** What a write of the status changes that its user may not. */
export async function statusPermissionErrors(claim: ResourceClaim, old: ResourceClaim, { info, user }: WriteOrigin, parts: PermissionParts): Promise<FieldError[]> {
  const errors = adminErrors(claim, old, parts.reader);
  /** The first refusal, if none of the verbs is allowed. */
  const ask = async (verbs: readonly string[], target: { readonly subresource: string; readonly namespace: string; readonly name: string }): Promise<string | undefined> => {
    let first: string | undefined;
    for (const verb of verbs) {
      const attributes = attributesOf({ ...info, verb, ...target }, user);
      const { verdict, reason } = await parts.authorize(attributes);
      if (verdict === 'allow') return undefined;
      first ??= refusal(attributes, reason).message;
    }
    return first;
  };
  const [now, before] = [claim.status ?? {}, old.status ?? {}];
  if (!semanticEqual(now.allocation, before.allocation) || !semanticEqual(now.reservedFor ?? [], before.reservedFor ?? [])) {
    const refused = await ask([info.verb], { subresource: 'binding', namespace: '', name: '' });
    if (refused !== undefined) errors.push(forbidden('status.allocation', `changing status.allocation or status.reservedFor requires resource="resourceclaims/binding", verb="${info.verb}" permission: ${refused}`));
  }
  if (now.allocation === undefined) return errors;
  const verbs = [...(isOn(user, nodeOf(now.allocation)) ? [`associated-node:${info.verb}`] : []), `arbitrary-node:${info.verb}`];
  for (const driver of changedDrivers(now.devices ?? [], before.devices ?? [])) {
    const refused = await ask(verbs, { subresource: 'driver', namespace: info.namespace, name: driver });
    if (refused !== undefined) errors.push(forbidden('status.devices', `changing status.devices requires resource="resourceclaims/driver", verb="[${verbs.join(' ')}]" permission: ${refused}`));
  }
  return errors;
}

function adminErrors(claim: ResourceClaim, old: ResourceClaim, reader: ObjectReader): FieldError[] {
  const granted = ({ devices }: AllocationResult): number => (devices?.results ?? []).findIndex(({ adminAccess }) => adminAccess === true);
  if (old.status?.allocation !== undefined && granted(old.status.allocation) >= 0) return [];
  const asked = claim.status?.allocation === undefined ? -1 : granted(claim.status.allocation);
  return asked < 0 ? [] : unlessMarked(reader, claim, `status.allocation.devices.results[${asked}].adminAccess`);
}

/** Drivers of whose devices something else is said than before. */
function changedDrivers(now: readonly AllocatedDeviceStatus[], before: readonly AllocatedDeviceStatus[]): string[] {
  const keyOf = ({ driver, pool, device, shareID = '' }: AllocatedDeviceStatus): string => `${driver}/${pool}/${device}/${shareID}`;
  const known = new Map(before.map((one) => [keyOf(one), one]));
  const drivers = new Set<string>();
  for (const one of now) {
    const old = known.get(keyOf(one));
    known.delete(keyOf(one));
    if (old === undefined || !semanticEqual(old, one)) drivers.add(one.driver);
  }
  for (const { driver } of known.values()) drivers.add(driver);
  return [...drivers].sort();
}

/** The one node that the devices can be used on, if it is one. */
function nodeOf({ nodeSelector }: AllocationResult): string | undefined {
  const [term, ...others] = nodeSelector?.nodeSelectorTerms ?? [];
  const [field, ...more] = term?.matchFields ?? [];
  if (others.length > 0 || more.length > 0 || (term?.matchExpressions ?? []).length > 0) return undefined;
  return field?.key === 'metadata.name' && field.operator === 'In' && field.values?.length === 1 ? field.values[0] : undefined;
}

/** Is it a service account whose pod runs on that node? */
function isOn({ name, extra }: UserInfo, node: string | undefined): boolean {
  const names = extra?.[nodeNameKey] ?? [];
  return node !== undefined && name.startsWith('system:serviceaccount:') && names.length === 1 && names[0] === node;
}
