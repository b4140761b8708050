import { csidrivers, persistentvolumeclaims, persistentvolumes, pods } from '../../../api/resources.ts';
import { notFoundError } from '../../../api/status.ts';
import type { TokenRequest } from '../../../api/types/authentication/v1.ts';
import type { Pod, Volume } from '../../../api/types/core/v1.ts';
import type { Attributes, Decision } from '../../authorization/authorizer.ts';
import type { ObjectReader } from '../../cache/reader.ts';
import type { AdmissionAttributes } from '../admission.ts';

export interface TokenRequestParts {
  readonly reader: ObjectReader;
  /** Whether a node may ask for tokens for others than its pods ask for. */
  authorize(attributes: Attributes): Decision | Promise<Decision>;
}

/** Something that a volume refers to is not there; the message is upstream's. */
interface Missing { readonly missing: string }

/** The CSI driver of a claim's volume; undefined when the volume is of another kind. */
function driverOfClaim(reader: ObjectReader, namespace: string, claimName: string): string | Missing | undefined {
  const claim = reader.get(persistentvolumeclaims, namespace, claimName);
  if (claim === undefined) return { missing: `persistentvolumeclaim ${JSON.stringify(claimName)} not found` };
  const volumeName = claim.spec?.volumeName ?? '';
  const volume = reader.get(persistentvolumes, '', volumeName);
  return volume === undefined ? { missing: `persistentvolume ${JSON.stringify(volumeName)} not found` } : volume.spec?.csi?.driver;
}

function driverOf(reader: ObjectReader, pod: Pod, volume: Volume): string | Missing | undefined {
  const namespace = pod.metadata.namespace ?? '';
  if (volume.ephemeral?.volumeClaimTemplate !== undefined) return driverOfClaim(reader, namespace, `${pod.metadata.name ?? ''}-${volume.name}`);
  if (volume.persistentVolumeClaim !== undefined) return driverOfClaim(reader, namespace, volume.persistentVolumeClaim.claimName);
  return volume.csi?.driver;
}

/** Whether a pod has a volume that needs a token for an audience: a projected one, or one of a CSI driver that asks for it. */
function podAsksFor(reader: ObjectReader, pod: Pod, audience: string): boolean | Missing {
  const missing = new Set<string>();
  for (const volume of pod.spec?.volumes ?? []) {
    if (volume.projected?.sources?.some(({ serviceAccountToken }) => serviceAccountToken !== undefined && (serviceAccountToken.audience ?? '') === audience) === true) return true;
    const driverName = driverOf(reader, pod, volume);
    if (driverName === undefined || driverName === '') continue;
    const driver = typeof driverName === 'string' ? reader.get(csidrivers, '', driverName) : undefined;
    if (driver?.spec.tokenRequests?.some((request) => request.audience === audience) === true) return true;
    if (driver === undefined) missing.add(typeof driverName === 'string' ? `csidriver.storage.k8s.io ${JSON.stringify(driverName)} not found` : driverName.missing);
  }
  if (missing.size === 0) return false;
  return { missing: missing.size === 1 ? [...missing][0]! : `[${[...missing].join(', ')}]` };
}

async function audienceError(parts: TokenRequestParts, pod: Pod, audiences: readonly string[], attributes: AdmissionAttributes): Promise<string | undefined> {
  if (audiences.length > 1) return 'node may only request 0 or 1 audiences';
  const audience = audiences[0] ?? '';
  const asked = podAsksFor(parts.reader, pod, audience);
  if (asked === true) return undefined;
  if (asked !== false) return `error validating audience ${JSON.stringify(audience)}: ${asked.missing}`;
  const { verdict, error } = await parts.authorize({
    isResourceRequest: true, user: attributes.user, verb: 'request-serviceaccounts-token-audience', apiGroup: '', apiVersion: 'v1',
    resource: audience, subresource: '', namespace: attributes.namespace, name: attributes.name,
  });
  if (verdict === 'allow') return undefined;
  const user = attributes.user.name;
  return error === undefined
    ? `audience ${JSON.stringify(audience)} not found in pod spec volume, ${user} is not authorized to request tokens for this audience`
    : `audience ${JSON.stringify(audience)} not found in pod spec volume, error authorizing ${user} to request tokens for this audience: ${error}`;
}

/** Why a node may not have a token: it must be for one of its pods, and for an audience that the pod needs one for. */
export function tokenRequestError(parts: TokenRequestParts, nodeName: string, attributes: AdmissionAttributes): string | undefined | Promise<string | undefined> {
  if (attributes.operation !== 'CREATE' || attributes.subresource !== 'token') return undefined;
  const spec = (attributes.object as TokenRequest | undefined)?.spec;
  const reference = spec?.boundObjectRef;
  if (reference === undefined || reference.apiVersion !== 'v1' || reference.kind !== 'Pod' || (reference.name ?? '') === '') return 'node requested token not bound to a pod';
  if ((reference.uid ?? '') === '') return 'node requested token with a pod binding without a uid';
  const pod = parts.reader.get(pods, attributes.namespace, reference.name!);
  if (pod === undefined) throw notFoundError(pods, reference.name!);
  if (reference.uid !== pod.metadata.uid) return `the UID in the bound object reference (${reference.uid}) does not match the UID in record. The object might have been deleted and then recreated`;
  if (pod.spec?.nodeName !== nodeName) return 'node requested token bound to a pod scheduled on a different node';
  return audienceError(parts, pod, spec?.audiences ?? [], attributes);
}
