import { badRequestError, isReason } from '../api/status.ts';
import { groupResourceOf, apiVersionOf } from '../api/resource-type.ts';
import type { KubeObject } from '../api/meta/object.ts';
import type { ApiServerOptions, ServerParts } from '../apiserver/options.ts';
import type { ApiResponse, RequestContext } from '../apiserver/request.ts';
import { createLocalClient } from '../client/transports/local.ts';
import type { ViewParts } from '../why/cluster-view.ts';

/** The scheduler, as far as explanations need it. */
export interface Verdicts { verdictOf(podUid: string): ReturnType<ViewParts['verdictOf']> }

/** Answers what is asked under /why. `scheduler` says which one runs in this process; undefined: none does. */
export function explainer(scheduler: () => Verdicts | undefined): NonNullable<ApiServerOptions['explain']> {
  return (parts) => async (context) => {
    // Rules are loaded when the first question comes.
    const { explain, explainAll } = await import('../why/explain.ts');
    const { info } = context;
    const served = parts.resources.find(info.apiGroup, info.apiVersion, info.resource);
    if (served?.storage === undefined) throw badRequestError(`nothing is known of ${groupResourceOf({ group: info.apiGroup, resource: info.resource })} in ${apiVersionOf({ group: info.apiGroup, version: info.apiVersion })}`);
    const view = viewFor(parts, context, scheduler);
    const { schema } = served;
    if (info.verb === 'list') return answer(await explainAll(view, schema, (await view.client.list(schema, { namespace: info.namespace }, selectorsOf(context))).items));
    // Requests for a namespace are in it, as authorization sees them; the object is in none.
    const ref = { namespace: schema.namespaced ? info.namespace : '', name: info.name };
    const object = await view.client.get<KubeObject>(schema, ref).catch((error: unknown) => {
      if (isReason(error, 'NotFound')) return undefined;
      throw error;
    });
    return answer(await explain(view, schema, { ...ref, object }));
  };
}

const answer = (object: object): ApiResponse => ({ kind: 'object', code: 200, object });

function selectorsOf({ query }: RequestContext): { readonly labelSelector?: string; readonly fieldSelector?: string } {
  const [labelSelector, fieldSelector] = [query.get('labelSelector'), query.get('fieldSelector')];
  return { ...(labelSelector !== null && { labelSelector }), ...(fieldSelector !== null && { fieldSelector }) };
}

/** The cluster as the one who asks may see it. */
function viewFor(parts: ServerParts, { user }: RequestContext, scheduler: () => Verdicts | undefined): ViewParts {
  const allowed = new Map<string, boolean>();
  return {
    client: createLocalClient(parts.local, { user, userAgent: 'why', clock: parts.clock }),
    provenance: parts.provenance,
    verdictOf: (uid) => {
      const running = scheduler();
      return running === undefined ? 'elsewhere' : running.verdictOf(uid);
    },
    async mayGet(group, resource, { namespace, name }) {
      const id = `${group}/${resource}/${namespace}/${name}`;
      let known = allowed.get(id);
      if (known === undefined) {
        const apiVersion = parts.resources.stored(group, resource)?.schema.version ?? '';
        known = (await parts.authorize({ isResourceRequest: true, user, verb: 'get', apiGroup: group, apiVersion, resource, subresource: '', namespace, name })).verdict === 'allow';
        allowed.set(id, known);
      }
      return known;
    },
    kindOf: (groupResource) => {
      const dot = groupResource.indexOf('.');
      return parts.resources.stored(dot < 0 ? '' : groupResource.slice(dot + 1), dot < 0 ? groupResource : groupResource.slice(0, dot))?.schema.kind;
    },
    nowMs: () => parts.clock.now(),
  };
}
