import type { KubeObject } from '../../api/meta/object.ts';
import { notFoundError } from '../../api/status.ts';
import type { ComponentStatus } from '../../api/types/core/v1.ts';
import type { Answer } from '../answer.ts';
import { CachedObject } from '../cache/cached-object.ts';
import type { Core } from '../core.ts';
import type { HealthCheck } from '../health-check.ts';
import type { ServerRequest } from '../pipeline/server-request.ts';
import type { OwnEndpoint } from './own-endpoint.ts';

/** The old way to ask how the control plane is: nothing is stored, each part is asked. */
export function componentStatusEndpoint(core: Core, components: readonly HealthCheck[]): OwnEndpoint {
  const checks: HealthCheck[] = [...components, { name: 'etcd-0', check: async () => { await core.store.get('/registry/health'); } }].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    group: '', version: 'v1', resource: 'componentstatuses', subresource: '', verbs: ['get', 'list'],
    handle: (request) => serve(core, checks, request),
  };
}

async function statusOf({ name, check }: HealthCheck): Promise<CachedObject> {
  let condition: { type: string; status: string; message: string; error?: string };
  try {
    await check();
    condition = { type: 'Healthy', status: 'True', message: 'ok' };
  } catch (error) {
    condition = { type: 'Healthy', status: 'False', message: '', error: error instanceof Error ? error.message : String(error) };
  }
  const object: ComponentStatus & KubeObject = { kind: 'ComponentStatus', apiVersion: 'v1', metadata: { name }, conditions: [condition] };
  return CachedObject.fromObject(name, object, 0);
}

async function serve(core: Core, checks: readonly HealthCheck[], { info }: ServerRequest): Promise<Answer> {
  const served = core.resources.find('', 'v1', 'componentstatuses')!;
  if (info.verb === 'list') return { kind: 'list', served, revision: 0, items: await Promise.all(checks.map(statusOf)) };
  const check = checks.find(({ name }) => name === info.name);
  if (check === undefined) throw notFoundError(served.schema, info.name);
  return { kind: 'stored', code: 200, object: await statusOf(check), served };
}
