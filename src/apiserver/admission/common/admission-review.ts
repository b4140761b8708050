import { decodeJson } from '../../../api/codec/json.ts';
import { decodeObject } from '../../../api/codec/strict.ts';
import { apiVersionOf } from '../../../api/resource-type.ts';
import { builtinSchema } from '../../../api/schema/table.ts';
import type { Status } from '../../../api/types/meta/v1.ts';
import type { AdmissionAttributes, AdmissionOperation, AdmittedRequest } from '../admission.ts';
import type { Target } from './target.ts';
import { namespaceOf, requestedTarget } from './target.ts';
import type { VersionedObjects } from './versioned.ts';

export type ReviewVersion = 'v1' | 'v1beta1';

/** The first version of AdmissionReview that a webhook speaks and we do; undefined: none. */
export function reviewVersion(accepted: readonly string[]): ReviewVersion | undefined {
  return accepted.find((version): version is ReviewVersion => version === 'v1' || version === 'v1beta1');
}

const optionsKind: Readonly<Record<AdmissionOperation, string>> = { CREATE: 'CreateOptions', UPDATE: 'UpdateOptions', DELETE: 'DeleteOptions', CONNECT: '' };

/** How the request is to be carried out, as upstream shows it to webhooks and expressions; null for connections. */
export function operationOptions({ operation }: AdmissionAttributes, request: AdmittedRequest): Readonly<Record<string, unknown>> | null {
  const options = operation === 'CONNECT' ? undefined : request.options();
  return options === undefined ? null : { ...options, kind: optionsKind[operation], apiVersion: 'meta.k8s.io/v1' };
}

/** The request as an AdmissionRequest without its objects; expressions see no more than this. */
export function admissionRequest(attributes: AdmissionAttributes, request: AdmittedRequest, target: Target): Record<string, unknown> {
  const { name, operation, subresource, user, dryRun } = attributes;
  const requested = requestedTarget(attributes, request);
  const namespace = namespaceOf(attributes);
  return {
    kind: target.kind,
    resource: target.resource,
    ...(subresource !== '' && { subResource: subresource }),
    requestKind: requested.kind,
    requestResource: requested.resource,
    ...(subresource !== '' && { requestSubResource: subresource }),
    ...(name !== '' && { name }),
    ...(namespace !== '' && { namespace }),
    operation,
    userInfo: { username: user.name, ...(user.uid !== undefined && user.uid !== '' && { uid: user.uid }), ...(user.groups.length > 0 && { groups: user.groups }), ...(user.extra !== undefined && Object.keys(user.extra).length > 0 && { extra: user.extra }) },
    dryRun,
    options: operationOptions(attributes, request),
  };
}

/** The review that is sent to a webhook. */
export function reviewOf(request: Record<string, unknown>, { object, oldObject }: VersionedObjects, options: { readonly version: ReviewVersion; readonly uid: string }): object {
  const { options: operation, ...rest } = request;
  return {
    kind: 'AdmissionReview',
    apiVersion: `admission.k8s.io/${options.version}`,
    request: { uid: options.uid, ...rest, object: object ?? null, oldObject: oldObject ?? null, options: operation },
  };
}

/** What a webhook decided. */
export interface ReviewAnswer {
  readonly allowed: boolean;
  readonly status: Status | undefined;
  readonly warnings: readonly string[];
  readonly auditAnnotations: Readonly<Record<string, string>>;
  /** The text of a patch; undefined: none. */
  readonly patch: string | undefined;
  /** Empty without a patch. */
  readonly patchType: string;
}

interface AdmissionResponse {
  readonly uid?: string;
  readonly allowed?: boolean;
  readonly status?: Status;
  readonly warnings?: readonly string[];
  readonly auditAnnotations?: Readonly<Record<string, string>>;
  readonly patch?: string;
  readonly patchType?: string;
}

/** The body of an answer as a review. Throws an Error in the words of upstream's decoder. */
export function decodeReview(body: Uint8Array, version: ReviewVersion): { readonly apiVersion: string; readonly kind: string; readonly response: AdmissionResponse | undefined } {
  const text = new TextDecoder().decode(body);
  let value: unknown;
  try {
    ({ value } = decodeJson(text));
  } catch (error) {
    throw new Error(`couldn't get version/kind; json parse error: ${(error as Error).message}`, { cause: error });
  }
  value ??= {};
  if (typeof value !== 'object' || Array.isArray(value)) throw new Error(`couldn't get version/kind; json parse error: json: cannot unmarshal ${Array.isArray(value) ? 'array' : typeof value} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`);
  const given = value as { readonly apiVersion?: unknown; readonly kind?: unknown };
  const wanted = apiVersionOf({ group: 'admission.k8s.io', version });
  const kind = given.kind ?? 'AdmissionReview';
  const apiVersion = given.apiVersion ?? wanted;
  if (kind !== 'AdmissionReview' || (apiVersion !== 'admission.k8s.io/v1' && apiVersion !== 'admission.k8s.io/v1beta1')) throw new Error(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:110"`);
  const schema = builtinSchema.kind('admission.k8s.io', version, 'AdmissionReview')!;
  const { object, errors } = decodeObject(value as Record<string, unknown>, schema, { definition: (name) => builtinSchema.definition(name) });
  if (errors.length > 0) throw new Error(errors[0]);
  return { apiVersion: typeof given.apiVersion === 'string' ? given.apiVersion : '', kind: typeof given.kind === 'string' ? given.kind : '', response: object['response'] as AdmissionResponse | undefined };
}

/** Checks an answer as upstream does: v1 must name the request and itself, v1beta1 need not. Throws an Error. */
export function verifyReview(review: ReturnType<typeof decodeReview>, expected: { readonly version: ReviewVersion; readonly uid: string; readonly mutating: boolean }): ReviewAnswer {
  const { response } = review;
  if (response === undefined) throw new Error('webhook response was absent');
  const { patch = '', patchType } = response;
  const common = { allowed: response.allowed === true, status: response.status, warnings: response.warnings ?? [], auditAnnotations: response.auditAnnotations ?? {} };
  if (expected.version === 'v1') {
    if ((response.uid ?? '') !== expected.uid) throw new Error(`expected response.uid=${JSON.stringify(expected.uid)}, got ${JSON.stringify(response.uid ?? '')}`);
    if (review.apiVersion !== 'admission.k8s.io/v1' || review.kind !== 'AdmissionReview') throw new Error(`expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got ${review.apiVersion}, Kind=${review.kind}`);
    checkPatchType(patch, patchType, expected.mutating);
  }
  if (!expected.mutating || patch === '') return { ...common, patch: undefined, patchType: '' };
  return { ...common, patch: new TextDecoder().decode(Uint8Array.from(atob(patch), (character) => character.charCodeAt(0))), patchType: expected.version === 'v1' ? patchType! : 'JSONPatch' };
}

function checkPatchType(patch: string, patchType: string | undefined, mutating: boolean): void {
  if (!mutating) {
    if (patch !== '') throw new Error('validating webhook may not return response.patch');
    if (patchType !== undefined) throw new Error('validating webhook may not return response.patchType');
    return;
  }
  if (patch !== '' && patchType === undefined) throw new Error('webhook returned response.patch but not response.patchType');
  if (patch === '' && patchType !== undefined) throw new Error('webhook returned response.patchType but not response.patch');
  if (patchType === '') throw new Error('webhook returned invalid response.patchType of ""');
}
