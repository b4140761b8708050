import { invalid } from '../../api/field-error.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { builtinSchema } from '../../api/schema/table.ts';
import { badRequestError, conflictError, invalidError } from '../../api/status.ts';
import type { Scale } from '../../api/types/autoscaling/v1.ts';
import type { Answer, Result } from '../answer.ts';
import type { Core } from '../core.ts';
import type { ServerRequest } from '../pipeline/server-request.ts';
import type { StoredResource } from '../served-resources.ts';
import { decodeTyped } from '../verbs/decode-object.ts';
import { get, namespaceOfRequest } from '../verbs/get.ts';
import { applyPatch, patchTypeOf } from '../verbs/patch.ts';
import { patchProblems, patchRefusal } from '../verbs/patch-errors.ts';
import { methodNotAllowed } from '../verbs/update.ts';
import { modifiedMessage, updateObject, updateRules } from '../verbs/update-object.ts';
import { writeOptions } from '../verbs/write-options.ts';

const scaleKind = { group: 'autoscaling', version: 'v1', kind: 'Scale' };

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

/** The Scale of an object. */
function scaleOf(served: StoredResource, object: KubeObject): Scale & KubeObject {
  const access = accessOf(served);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = access.selector(object);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      ...(name !== undefined && { name }), ...(namespace !== undefined && { namespace }), ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }), ...(creationTimestamp !== undefined && { creationTimestamp }),
    },
    spec: { replicas: access.replicas(object) },
    status: { replicas: access.statusReplicas(object), ...(selector !== '' && { selector }) },
  };
}

/** GET of a scale subresource. */
export async function readScale(core: Core, served: StoredResource, request: ServerRequest): Promise<Answer> {
  const found = await get(core, served, request.info, request.queryOrUndefined);
  if (found.kind !== 'stored') return found;
  return { kind: 'object', code: 200, object: scaleOf(served, found.object.object) };
}

/** PUT or PATCH of a scale subresource: changes the object's replicas and nothing else. */
export function writeScale(core: Core, served: StoredResource, request: ServerRequest): Result {
  return request.info.verb === 'update' || request.info.verb === 'patch' ? write(core, served, request) : Promise.reject(methodNotAllowed());
}

async function write(core: Core, served: StoredResource, request: ServerRequest): Promise<Answer> {
  const { info } = request;
  const isPatch = info.verb === 'patch';
  const options = writeOptions(request.queryOrUndefined, isPatch ? 'PatchOptions' : 'UpdateOptions');
  const warn = (message: string): void => request.warn(message);
  const schema = builtinSchema.kind(scaleKind.group, scaleKind.version, scaleKind.kind)!;
  const patchType = isPatch ? patchTypeOf(request.header('content-type')) : undefined;
  const body = await request.decodedBody(isPatch ? undefined : scaleKind.kind);
  const duplicates = patchType === undefined ? body.duplicates : patchProblems(patchType, body, options.fieldValidation);
  const access = accessOf(served);

  const wanted = (existing: KubeObject): Scale & KubeObject => {
    const current = scaleOf(served, existing);
    const value = patchType === undefined ? body.value : applyPatch(patchType, current, body.value, schema);
    const refuse = patchType === undefined ? {} : { refuse: patchRefusal(patchType, body.value, value) };
    const scale = decodeTyped({ value: structuredClone(value), duplicates }, { ...scaleKind, schema }, { fieldValidation: options.fieldValidation, warn, ...refuse }) as Scale & KubeObject;
    check(served, info.name, scale, current);
    return scale;
  };
  const { object } = await updateObject(core, {
    served: served.home, namespace: namespaceOfRequest(served, info), name: info.name, subresource: 'scale', rules: updateRules(served, '') ?? {}, allowCreate: false,
    desired: (existing) => {
      const scale = wanted(existing!);
      const copy = structuredClone(existing!);
      access.setReplicas(copy, scale.spec?.replicas ?? 0);
      return copy;
    },
  }, { user: request.user, dryRun: options.dryRun, warn });
  return { kind: 'object', code: 200, object: scaleOf(served, object.object) };
}

function check(served: StoredResource, name: string, scale: Scale & KubeObject, current: Scale & KubeObject): void {
  const given = scale.metadata;
  if (given.name !== undefined && given.name !== '' && given.name !== name) throw badRequestError(`the name of the object (${given.name}) does not match the name on the URL (${name})`);
  const version = given.resourceVersion ?? '';
  if (version !== '' && version !== current.metadata.resourceVersion) throw conflictError(served.schema, name, modifiedMessage);
  const replicas = scale.spec?.replicas ?? 0;
  if (replicas < 0) throw invalidError(scaleKind, name, [invalid('spec.replicas', replicas, 'must be greater than or equal to 0')]);
}
