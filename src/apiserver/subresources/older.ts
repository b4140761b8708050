/** What only API versions have that Kubernetes no longer serves: going back by a request, and policies that are gone. */
import type { KubeObject } from '../../api/meta/object.ts';
import { ApiError, badRequestError } from '../../api/status.ts';
import type { Status } from '../../api/types/meta/v1.ts';
import type { Answer } from '../answer.ts';
import type { Core } from '../core.ts';
import type { ServerRequest } from '../pipeline/server-request.ts';
import { transformStored } from '../verbs/transform-stored.ts';
import type { OwnEndpoint } from './own-endpoint.ts';
import { readBody, storedResource } from './own-endpoint.ts';

interface DeploymentRollback extends KubeObject {
  readonly name?: string;
  readonly updatedAnnotations?: Readonly<Record<string, string>>;
  readonly rollbackTo?: { readonly revision?: number };
}

/** Where apps/v1 keeps the wish: the deployment controller fulfils it and takes it away. */
const rollbackAnnotation = 'deprecated.deployment.rollback.to';

async function rollBack(core: Core, request: ServerRequest): Promise<Answer> {
  const { info } = request;
  const { object, context } = await readBody<DeploymentRollback>(core, request, { group: info.apiGroup, version: info.apiVersion, kind: 'DeploymentRollback' });
  if ((object.name ?? '') !== info.name) throw badRequestError('name in URL does not match name in DeploymentRollback object');
  await transformStored(core, storedResource(core, 'apps', 'deployments'), { namespace: info.namespace, name: info.name }, {
    dryRun: context.dryRun,
    origin: request,
    change: ({ metadata }: KubeObject) => {
      metadata.annotations = { ...metadata.annotations, ...object.updatedAnnotations, [rollbackAnnotation]: String(object.rollbackTo?.revision ?? 0) };
      metadata.generation = (metadata.generation ?? 0) + 1;
    },
  });
  const status: Status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', message: `rollback request for deployment ${JSON.stringify(info.name)} succeeded`, code: 200 };
  return { kind: 'object', code: 201, object: status };
}

const noPolicies = (): never => {
  throw new ApiError('MethodNotAllowed', 'not supported: PodSecurityPolicy was removed in Kubernetes v1.25; use Pod Security Admission: the label pod-security.kubernetes.io/enforce of a namespace', { details: {} });
};

/** Asked only where the versions they belong to are served. */
export function olderEndpoints(core: Core): readonly OwnEndpoint[] {
  return [
    ...['extensions', 'apps'].map((group): OwnEndpoint => ({ group, version: 'v1beta1', resource: 'deployments', subresource: 'rollback', verbs: ['create'], handle: (request) => rollBack(core, request) })),
    ...['extensions', 'policy'].map((group): OwnEndpoint => ({ group, version: 'v1beta1', resource: 'podsecuritypolicies', subresource: '', verbs: ['create', 'get', 'patch', 'update'], handle: noPolicies })),
  ];
}
