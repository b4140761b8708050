import { apiVersionOf } from '../../api/resource-type.ts';
import { ApiError, isReason } from '../../api/status.ts';
import { nameOf } from '../../api/meta/object.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { Client } from '../../client/client.ts';
import type { ServedResource } from '../common/discovery.ts';

const pageSize = 500;
/** What may be otherwise at the next try. */
const passing = ['ServerTimeout', 'TooManyRequests', 'ServiceUnavailable', 'InternalError', 'Timeout'] as const;

/** The server refused an object, and will again. */
export class Refused extends Error {}

/**
 * Applies nothing to every object that was not written since the revision: the server stores it anew where it is stored
 * otherwise than it would be now. Rejects with Refused for what no other try helps against.
 */
export async function rewriteAll({ client, resource, revision, fieldManager }: { readonly client: Client; readonly resource: ServedResource; readonly revision: string; readonly fieldManager: string }): Promise<void> {
  let next: string | undefined;
  do {
    const page = await client.list(resource, {}, { limit: pageSize, ...(next !== undefined && { continue: next }) });
    for (const object of page.items) if (BigInt(object.metadata.resourceVersion ?? '0') <= BigInt(revision)) await rewrite(client, resource, object, fieldManager);
    next = page.continue;
  } while (next !== undefined && next !== '');
}

async function rewrite(client: Client, resource: ServedResource, object: KubeObject, fieldManager: string): Promise<void> {
  const { namespace, uid, resourceVersion } = object.metadata;
  // With both, an object that was changed, deleted or made again meanwhile is a conflict: it needs nothing any more.
  const value = { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata: { name: nameOf(object), ...(namespace !== undefined && { namespace }), uid, resourceVersion } };
  try {
    await client.patch(resource, { ...(namespace !== undefined && { namespace }), name: nameOf(object) }, { type: 'apply', value }, { fieldManager });
  } catch (error) {
    if (isReason(error, 'Conflict') || isReason(error, 'NotFound')) return;
    if (error instanceof ApiError && !passing.some((reason) => isReason(error, reason))) throw new Refused(error.message, { cause: error });
    throw error;
  }
}
