import { invalid } from '../../api/field-error.ts';
import { customScaleColumns, scaleColumns } from '../../api/groups/autoscaling/scale-columns.ts';
import { applyPatchTo } from '../../api/managed-fields/apply.ts';
import { parentEntries, scaleEntries, scaleVersion } from '../../api/managed-fields/scale.ts';
import type { ReplicasPath } from '../../api/managed-fields/scale.ts';
import { structShape } from '../../api/managed-fields/shape.ts';
import { trackUpdate } from '../../api/managed-fields/track.ts';
import type { Writer } from '../../api/managed-fields/writer.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { builtinSchema } from '../../api/schema/table.ts';
import { apiVersionOf } from '../../api/resource-type.ts';
import { badRequestError, conflictError, invalidError } from '../../api/status.ts';
import type { ManagedFieldsEntry } from '../../api/types/meta/v1.ts';
import type { Scale } from '../../api/types/autoscaling/v1.ts';
import type { Answer, Result } from '../answer.ts';
import type { Core } from '../core.ts';
import type { ServerRequest } from '../pipeline/server-request.ts';
import type { StoredResource } from '../served-resources.ts';
import { readApplied } from '../verbs/apply.ts';
import type { DecodeContext } from '../verbs/decoded-body.ts';
import { decodeTyped } from '../verbs/decode-object.ts';
import { fieldManagerOf, neverOwned, writerOf } from '../verbs/field-manager.ts';
import { get, namespaceOfRequest } from '../verbs/get.ts';
import { applyPatch } from '../verbs/patch.ts';
import { patchTypeOf } from '../verbs/patch-type.ts';
import { patchProblems, patchRefusal } from '../verbs/patch-errors.ts';
import { methodNotAllowed } from '../verbs/update.ts';
import { modifiedMessage, updateObject } from '../verbs/update-object.ts';
import { updateRules } from '../verbs/update-rules.ts';
import { writeContextOf } from '../verbs/write-context.ts';
import { writeOptions } from '../verbs/write-options.ts';

/** What a Scale is called in one served version: workloads of old versions have kinds of their own. */
interface ScaleKind { readonly group: string; readonly version: string; readonly kind: string }

const plainKind: ScaleKind = { group: 'autoscaling', version: 'v1', kind: 'Scale' };
const scaleKindOf = ({ schema }: StoredResource): ScaleKind => schema.subresources.find(({ name }) => name === 'scale') ?? plainKind;

/** The selector of a status as the kind writes it: old kinds have labels, and the text beside them. */
function selectorFields({ group }: ScaleKind, selector: string): object {
  if (selector === '') return {};
  if (group === plainKind.group) return { selector };
  const parts = selector.split(',').map((part) => /^([^!=<>() ]+)=([^=]*)$/.exec(part));
  const labels = parts.every((part) => part !== null) ? Object.fromEntries(parts.map(([, key, value]) => [key, value])) : undefined;
  return { ...(labels !== undefined && { selector: labels }), targetSelector: selector };
}

/** How replicas are read and written where the kind has no definition: where all workloads keep them. */
const plainScale: NonNullable<NonNullable<StoredResource['definition']>['scale']> = {
  replicas: (object) => (object as { spec?: { replicas?: number } }).spec?.replicas ?? 0,
  setReplicas: (object, replicas) => {
    const target = object as { spec?: { replicas?: number } };
    target.spec = { ...target.spec, replicas };
  },
  statusReplicas: (object) => (object as { status?: { replicas?: number } }).status?.replicas ?? 0,
  selector: (object) => {
    const selector = (object as { spec?: { selector?: { matchLabels?: Record<string, string> } & Record<string, unknown> } }).spec?.selector;
    const labels = selector?.matchLabels ?? {};
    return Object.entries(labels).map(([key, value]) => `${key}=${value}`).sort().join(',');
  },
};

const accessOf = (served: StoredResource): typeof plainScale => served.home.definition.scale ?? plainScale;

/** What stands for replicas that the object does not have while they are written, as upstream does it: the smallest int32. */
const unset = -(2 ** 31);

/** The Scale of an object. `missing`: the replicas of one that has none; without it such an object has no Scale, and InternalError is thrown. */
function scaleOf(served: StoredResource, object: KubeObject, missing?: number): Scale & KubeObject {
  const access = accessOf(served);
  const replicas = missing !== undefined && access.missing?.(object) !== undefined ? missing : access.replicas(object);
  const kind = scaleKindOf(served);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = access.selector(object);
  return {
    kind: 'Scale',
    apiVersion: apiVersionOf(kind),
    metadata: {
      ...(name !== undefined && { name }), ...(namespace !== undefined && { namespace }), ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }), ...(creationTimestamp !== undefined && { creationTimestamp }),
    },
    spec: { replicas },
    status: { replicas: access.statusReplicas(object), ...selectorFields(kind, selector) },
  };
}

const answerWith = (served: StoredResource, object: Scale & KubeObject): Answer => ({ kind: 'object', code: 200, object, columns: served.custom === undefined ? scaleColumns : customScaleColumns });

/** GET of a scale subresource. */
export async function readScale(core: Core, served: StoredResource, request: ServerRequest): Promise<Answer> {
  const found = await get(core, served, request.info, request.queryOrUndefined);
  if (found.kind !== 'stored') return found;
  return answerWith(served, scaleOf(served, found.object.object));
}

/** PUT or PATCH of a scale subresource: changes the object's replicas and nothing else. */
export function writeScale(core: Core, served: StoredResource, request: ServerRequest): Result {
  return request.info.verb === 'update' || request.info.verb === 'patch' ? write(core, served, request) : Promise.reject(methodNotAllowed());
}

async function write(core: Core, served: StoredResource, request: ServerRequest): Promise<Answer> {
  const { info } = request;
  const isPatch = info.verb === 'patch';
  const patchType = isPatch ? patchTypeOf(request.header('content-type')) : undefined;
  const options = writeOptions(request.queryOrUndefined, isPatch ? 'PatchOptions' : 'UpdateOptions', patchType === 'apply');
  const warn = (message: string): void => request.warn(message);
  const scaleKind = scaleKindOf(served);
  const schema = builtinSchema.kind(scaleKind.group, scaleKind.version, scaleKind.kind)!;
  const applied = patchType === 'apply' ? await readApplied(request) : undefined;
  const body = applied === undefined ? await request.decodedBody(isPatch ? undefined : scaleKind.kind) : { value: applied.patch, duplicates: [] };
  const duplicates = patchType === undefined || patchType === 'apply' ? body.duplicates : patchProblems(patchType, body, options.fieldValidation);
  const access = accessOf(served);
  const writer: Writer = { ...writerOf(core, fieldManagerOf(request, served, options)), endpoint: { apiVersion: scaleVersion, subresource: 'scale', shape: structShape(schema), ignored: neverOwned, ignoredIn: () => neverOwned, versions: { convert: () => undefined } } };
  const pathIn: ReplicasPath = (apiVersion) => replicasPathOf(core, served, apiVersion);

  const decode = (value: unknown, current: Scale & KubeObject, context: Pick<DecodeContext, 'fieldValidation' | 'refuse'>): Scale & KubeObject => {
    const scale = decodeTyped({ value: structuredClone(value), duplicates }, { ...scaleKind, schema }, { warn, ...context }) as Scale & KubeObject;
    check(served, info.name, scale, current);
    return scale;
  };
  const written = (current: Scale & KubeObject): Scale & KubeObject => {
    if (patchType === 'apply') {
      const { object, managedFields } = applyPatchTo(current, applied!.patch, { apiVersion: scaleVersion, kind: scaleKind.kind }, writer, { force: options.force });
      applied!.report(options.fieldValidation);
      return withEntries(decode(object ?? current, current, { fieldValidation: 'Ignore' }), managedFields);
    }
    const value = patchType === undefined ? body.value : applyPatch(patchType, current, body.value, schema);
    const scale = decode(value, current, { fieldValidation: options.fieldValidation, ...(patchType !== undefined && { refuse: patchRefusal(patchType, body.value, value) }) });
    return withEntries(scale, trackUpdate(current, scale, writer));
  };
  const { object } = await updateObject(core, {
    served: served.home, namespace: namespaceOfRequest(served, info), name: info.name, subresource: 'scale', rules: updateRules(served, '') ?? {}, allowCreate: false,
    desired: (existing) => {
      const { managedFields: owners } = existing!.metadata;
      const scale = written(withEntries(scaleOf(served, existing!, unset), scaleEntries(owners, pathIn)));
      if (scale.spec?.replicas === unset) throw badRequestError(`the spec replicas field ${JSON.stringify(access.missing?.(existing!) ?? '.spec.replicas')} cannot be empty`);
      const copy = structuredClone(existing!);
      access.setReplicas(copy, scale.spec?.replicas ?? 0);
      return withEntries(copy, parentEntries(owners, scale.metadata.managedFields, served.apiVersion, pathIn));
    },
    view: { of: (whole) => scaleOf(served, whole, 0), put: (whole, scale) => access.setReplicas(whole, (scale as Scale).spec?.replicas ?? 0) },
  }, writeContextOf(request, served, options));
  return answerWith(served, scaleOf(served, object.object, 0));
}

/** Sets an object's managed fields, in place. */
function withEntries<T extends KubeObject>(object: T, entries: ManagedFieldsEntry[] | undefined): T {
  if (entries === undefined) delete object.metadata.managedFields;
  else object.metadata.managedFields = entries;
  return object;
}

/** Where all workloads keep their replicas, in every version. */
const replicasInParent = ['f:spec', 'f:replicas'];

/** What no object has: of a custom resource's versions, some may have no scale. */
const nowhere = ['f:'];

function replicasPathOf(core: Core, { storage, schema, custom }: StoredResource, apiVersion: string): readonly string[] | undefined {
  const slash = apiVersion.indexOf('/');
  const found = core.resources.find(slash < 0 ? '' : apiVersion.slice(0, slash), apiVersion.slice(slash + 1), schema.resource);
  if (custom !== undefined) return found?.custom === undefined ? undefined : (found.custom.replicasPath ?? nowhere);
  return found?.storage === storage ? replicasInParent : undefined;
}

function check(served: StoredResource, name: string, scale: Scale & KubeObject, current: Scale & KubeObject): void {
  const given = scale.metadata;
  if (given.name !== undefined && given.name !== '' && given.name !== name) throw badRequestError(`the name of the object (${given.name}) does not match the name on the URL (${name})`);
  const version = given.resourceVersion ?? '';
  if (version !== '' && version !== current.metadata.resourceVersion) throw conflictError(served.schema, name, modifiedMessage);
  const replicas = scale.spec?.replicas ?? 0;
  if (replicas < 0 && replicas !== unset) throw invalidError(plainKind, name, [invalid('spec.replicas', replicas, 'must be greater than or equal to 0')]);
}
