import type { FieldError } from '../../api/field-error.ts';
import { notSupported, required } from '../../api/field-error.ts';
import { setCondition } from '../../api/meta/conditions.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { ApiError } from '../../api/status.ts';
import { badRequestError, conflictError, invalidError } from '../../api/status.ts';
import type { Binding, Pod } from '../../api/types/core/v1.ts';
import type { Answer } from '../answer.ts';
import type { Core } from '../core.ts';
import type { ServerRequest } from '../pipeline/server-request.ts';
import { admit, validateAdmission } from '../verbs/admit.ts';
import { transformStored } from '../verbs/transform-stored.ts';
import type { OwnEndpoint } from './own-endpoint.ts';
import { readBody, storedResource, success } from './own-endpoint.ts';

const bindingKind = { group: '', version: 'v1', kind: 'Binding' };

function validateBinding({ target }: Binding): FieldError[] {
  const errors: FieldError[] = [];
  const kind = target?.kind ?? '';
  if (kind !== '' && kind !== 'Node') errors.push(notSupported('target.kind', kind, ['Node', '<empty>']));
  if ((target?.name ?? '') === '') errors.push(required('target.name'));
  return errors;
}

/** A scheduler's decision: POST of a Binding to a pod, or to the namespace's bindings. */
export function bindingEndpoints(core: Core): OwnEndpoint[] {
  const handle = (request: ServerRequest): Promise<Answer> => bind(core, request);
  return [
    { group: '', version: 'v1', resource: 'pods', subresource: 'binding', verbs: ['create'], handle },
    { group: '', version: 'v1', resource: 'bindings', subresource: '', verbs: ['create'], handle },
  ];
}

async function bind(core: Core, request: ServerRequest): Promise<Answer> {
  const { info } = request;
  const pods = storedResource(core, '', 'pods');
  const { object: binding, context } = await readBody<Binding & KubeObject>(core, request, bindingKind);
  const name = binding.metadata.name ?? '';
  if (info.subresource !== '' && name !== info.name) throw badRequestError('name in URL does not match name in Binding object');
  if ((binding.metadata.namespace ?? info.namespace) !== info.namespace) throw badRequestError('the namespace of the provided object does not match the namespace sent on the request');
  const admittee = { operation: 'CREATE' as const, schema: pods.schema, subresource: 'binding', kind: 'Binding', namespace: info.namespace, name, object: binding, oldObject: undefined };
  await admit(core, admittee, context);
  const errors = validateBinding(binding);
  if (errors.length > 0) throw invalidError(bindingKind, name, errors);
  await validateAdmission(core, admittee, context);
  await transformStored<Pod>(core, pods, { namespace: info.namespace, name }, { dryRun: context.dryRun, origin: request, change: (pod) => assign(pod, binding, core.clock.now()) });
  return success(201);
}

/** Gives the pod its node; what stands in the way is a conflict. */
function assign(pod: Pod, binding: Binding & KubeObject, nowMs: number): void {
  const { metadata } = pod;
  const name = metadata.name!;
  const refuse = (detail: string): ApiError => conflictError({ group: '', resource: 'pods/binding' }, name, detail);
  const { uid = '', resourceVersion = '', annotations, labels } = binding.metadata;
  if (uid !== '' && uid !== metadata.uid) throw refuse(`Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid ?? ''}`);
  if (resourceVersion !== '' && resourceVersion !== metadata.resourceVersion) throw refuse(`Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${metadata.resourceVersion ?? ''}`);
  if (metadata.deletionTimestamp !== undefined) throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  if ((pod.spec?.nodeName ?? '') !== '') throw refuse(`pod ${name} is already assigned to node ${JSON.stringify(pod.spec!.nodeName)}`);
  if ((pod.spec?.schedulingGates ?? []).length > 0) throw refuse(`pod ${name} has non-empty .spec.schedulingGates`);
  pod.spec!.nodeName = binding.target.name!;
  if (annotations !== undefined) metadata.annotations = { ...metadata.annotations, ...annotations };
  // The node's topology, as admission put it there (KEP-4742): it is right, whatever the pod says of itself.
  if (labels !== undefined) metadata.labels = { ...metadata.labels, ...labels };
  const { nominatedNodeName: _, ...status } = pod.status ?? {};
  pod.status = { ...status, conditions: [...setCondition(status.conditions, { type: 'PodScheduled', status: 'True' }, nowMs)] };
}
