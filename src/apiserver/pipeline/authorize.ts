import { ApiError, forbiddenError } from '../../api/status.ts';
import { parseFieldSelector } from '../../api/meta/fields.ts';
import { SelectorError } from '../../api/meta/labels.ts';
import type { UserInfo } from '../authentication/authenticator.ts';
import type { Attributes, Authorizer, Decision } from '../authorization/authorizer.ts';
import type { RequestInfo } from '../request.ts';
import type { Result } from '../answer.ts';
import type { AccessCounts } from '../metrics/access.ts';
import type { Step } from './step.ts';

/** The question that a request puts to the authorizers. */
export function attributesOf(info: RequestInfo, user: UserInfo, query?: URLSearchParams): Attributes {
  if (!info.isResourceRequest) return { isResourceRequest: false, user, verb: info.verb, path: info.path };
  const { verb, apiGroup, apiVersion, resource, subresource, namespace, name } = info;
  const selector = query === undefined || !selectingVerbs.has(verb) ? undefined : requiredFields(query.get('fieldSelector') ?? '');
  return { isResourceRequest: true, user, verb, apiGroup, apiVersion, resource, subresource, namespace, name, ...(selector !== undefined && { fieldSelector: selector }) };
}

const selectingVerbs: ReadonlySet<string> = new Set(['list', 'watch', 'deletecollection']);

/** The `field=value` requirements of a field selector; a selector that cannot be read is refused later. */
function requiredFields(text: string): Record<string, string> | undefined {
  if (text === '') return undefined;
  try {
    const equalities = parseFieldSelector(text).requirements.filter(({ operator }) => operator === '=');
    return Object.fromEntries(equalities.map(({ field, value }) => [field, value]));
  } catch (error) {
    if (error instanceof SelectorError) return undefined;
    throw error;
  }
}

/** Asks the modes in order: the first that has an opinion decides. None at all: everything is allowed. */
export function authorizeWith(authorizers: readonly Authorizer[], attributes: Attributes): Decision | Promise<Decision> {
  if (authorizers.length === 0) return { verdict: 'allow', reason: '' };
  return ask(authorizers, attributes, 0, '');
}

function ask(authorizers: readonly Authorizer[], attributes: Attributes, from: number, before: string): Decision | Promise<Decision> {
  let reasons = before;
  for (let i = from; i < authorizers.length; i++) {
    const decision = authorizers[i]!.authorize(attributes);
    if (decision instanceof Promise) {
      const reasonsSoFar = reasons;
      return decision.then((found) => (found.verdict === 'no-opinion' ? ask(authorizers, attributes, i + 1, join(reasonsSoFar, found.reason)) : found));
    }
    if (decision.verdict !== 'no-opinion') return decision;
    reasons = join(reasons, decision.reason);
  }
  return { verdict: 'no-opinion', reason: reasons };
}

const join = (a: string, b: string): string => (a === '' ? b : b === '' ? a : `${a}, ${b}`);

/** 403, worded exactly as upstream words it. */
export function forbidden(attributes: Attributes, reason: string): ApiError {
  const because = reason === '' ? '' : `: ${reason}`;
  const user = JSON.stringify(attributes.user.name);
  if (!attributes.isResourceRequest) {
    return new ApiError('Forbidden', `forbidden: User ${user} cannot ${attributes.verb} path ${JSON.stringify(attributes.path)}${because}`, { details: {} });
  }
  const { verb, apiGroup: group, resource, subresource, namespace, name } = attributes;
  const what = subresource === '' ? resource : `${resource}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  return forbiddenError({ group, resource }, name, `User ${user} cannot ${verb} resource ${JSON.stringify(what)} in API group ${JSON.stringify(group)} ${where}${because}`);
}

/** Lets through what the authorizers allow. */
export function authorize(authorizers: readonly Authorizer[], counts: AccessCounts): Step {
  return (next) => (request) => {
    const attributes = attributesOf(request.info, request.user, request.queryOrUndefined);
    const decided = ({ verdict, reason }: Decision): Result => {
      if (request.audit !== undefined) {
        request.audit.annotate('authorization.k8s.io/decision', verdict === 'allow' ? 'allow' : 'forbid');
        request.audit.annotate('authorization.k8s.io/reason', reason);
      }
      if (verdict !== 'allow') {
        counts.denied += 1;
        throw forbidden(attributes, reason);
      }
      counts.allowed += 1;
      return next(request);
    };
    const decision = authorizeWith(authorizers, attributes);
    return decision instanceof Promise ? decision.then(decided) : decided(decision);
  };
}
