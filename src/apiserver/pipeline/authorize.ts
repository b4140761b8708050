import type { FieldRequirement } from '../../api/meta/fields.ts';
import { parseFieldSelector } from '../../api/meta/fields.ts';
import { parseLabelSelector } from '../../api/meta/label-selector-parser.ts';
import type { Requirement } from '../../api/meta/labels.ts';
import { SelectorError } from '../../api/meta/labels.ts';
import { ApiError, forbiddenError, internalError } from '../../api/status.ts';
import type { UserInfo } from '../authentication/authenticator.ts';
import type { Attributes, Authorizer, Decision } from '../authorization/authorizer.ts';
import type { RequestedSelectors } from '../authorization/selectors.ts';
import { unionAuthorizer } from '../authorization/union.ts';
import type { RequestInfo } from '../request.ts';
import type { Result } from '../answer.ts';
import type { AccessCounts } from '../metrics/access.ts';
import type { ServerRequest } from './server-request.ts';
import type { Step } from './step.ts';

/** The question that a request puts to the authorizers. */
export function attributesOf(info: RequestInfo, user: UserInfo, query?: URLSearchParams): Attributes {
  if (!info.isResourceRequest) return { isResourceRequest: false, user, verb: info.verb, path: info.path };
  const { verb, apiGroup, apiVersion, resource, subresource, namespace, name } = info;
  const selectors = query === undefined || !selectingVerbs.has(verb) ? undefined : new QuerySelectors(query);
  return selectors === undefined
    ? { isResourceRequest: true, user, verb, apiGroup, apiVersion, resource, subresource, namespace, name }
    : { isResourceRequest: true, user, verb, apiGroup, apiVersion, resource, subresource, namespace, name, selectors };
}

const writes: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);
const selectingVerbs: ReadonlySet<string> = new Set(['list', 'watch', 'deletecollection']);

/** The selectors of a query, read when somebody asks: most authorizers do not. Those that cannot be read are refused later. */
class QuerySelectors implements RequestedSelectors {
  readonly #query: URLSearchParams;

  constructor(query: URLSearchParams) {
    this.#query = query;
  }

  get fields(): readonly FieldRequirement[] {
    return parsed(parseFieldSelector, this.#query.get('fieldSelector'));
  }

  get labels(): readonly Requirement[] {
    return parsed(parseLabelSelector, this.#query.get('labelSelector'));
  }
}

function parsed<T>(parse: (text: string) => { readonly requirements: readonly T[] }, text: string | null): readonly T[] {
  if (text === null || text === '') return [];
  try {
    return parse(text).requirements;
  } catch (error) {
    if (error instanceof SelectorError) return [];
    throw error;
  }
}

/** Asks the modes in order: the first that has an opinion decides. None at all: everything is allowed. */
export function authorizeWith(authorizers: readonly Authorizer[], attributes: Attributes): Decision | Promise<Decision> {
  if (authorizers.length === 0) return { verdict: 'allow', reason: '' };
  return authorizers.length === 1 ? authorizers[0]!.authorize(attributes) : unionAuthorizer(authorizers).authorize(attributes);
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
/** What the asker chose is shown as text, should a browser show it. */
const sanitized = (text: string): string => text.replace(/[&<>]/g, (character) => entities[character]!);

/** 403, worded exactly as upstream words it. */
export function forbidden(attributes: Attributes, reason: string): ApiError {
  const because = reason === '' ? '' : `: ${reason}`;
  const user = JSON.stringify(attributes.user.name);
  if (!attributes.isResourceRequest) {
    return new ApiError('Forbidden', `forbidden: ${sanitized(`User ${user} cannot ${attributes.verb} path ${JSON.stringify(attributes.path)}`)}${because}`, { details: {} });
  }
  const { verb, apiGroup: group, resource, subresource, namespace, name } = attributes;
  const what = subresource === '' ? resource : `${resource}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  return forbiddenError({ group, resource }, name, `${sanitized(`User ${user} cannot ${verb} resource ${JSON.stringify(what)} in API group ${JSON.stringify(group)} ${where}`)}${because}`);
}

/** What a request gets that is not allowed: 500 where an authorizer could not judge, 403 otherwise. */
function refusal(attributes: Attributes, { reason, error }: Decision): ApiError {
  return error === undefined ? forbidden(attributes, reason) : internalError(new Error(error));
}

/** Lets through what the authorizers allow; `onRefusal` hears of writes that they do not. */
export function authorize(authorizers: readonly Authorizer[], counts: AccessCounts, onRefusal: (error: ApiError, request: ServerRequest) => void): Step {
  return (next) => (request) => {
    const attributes = attributesOf(request.info, request.user, request.queryOrUndefined);
    const decided = (decision: Decision): Result => {
      const { verdict, reason, error } = decision;
      if (request.audit !== undefined) {
        const couldNotJudge = verdict !== 'allow' && error !== undefined;
        if (!couldNotJudge) request.audit.annotate('authorization.k8s.io/decision', verdict === 'allow' ? 'allow' : 'forbid');
        request.audit.annotate('authorization.k8s.io/reason', couldNotJudge ? 'internal error' : reason);
      }
      if (verdict !== 'allow') {
        counts[error === undefined ? 'denied' : 'undecided'] += 1;
        const refused = refusal(attributes, decision);
        if (writes.has(request.info.verb)) onRefusal(refused, request);
        throw refused;
      }
      counts.allowed += 1;
      return next(request);
    };
    const decision = authorizeWith(authorizers, attributes);
    return decision instanceof Promise ? decision.then(decided) : decided(decision);
  };
}
