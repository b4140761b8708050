import type { Core } from '../core.ts';
import { attributesOf, forbidden } from '../pipeline/authorize.ts';
import type { ServerRequest } from '../pipeline/server-request.ts';

/** May the user of an update or apply, who was allowed to do that, create what does not exist? Rejects with Forbidden. */
export async function mayCreate(core: Core, { info, user }: ServerRequest): Promise<void> {
  const attributes = attributesOf({ ...info, verb: 'create' }, user);
  const decision = await core.authorize(attributes);
  if (decision.verdict !== 'allow') throw forbidden(attributes, decision.reason);
}
