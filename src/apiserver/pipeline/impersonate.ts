import { badRequestError } from '../../api/status.ts';
import type { ApiError } from '../../api/status.ts';
import { decodeExtraKey } from '../authentication/request-header.ts';
import type { Authorizer } from '../authorization/authorizer.ts';
import { attributesOf } from './authorize.ts';
import type { ImpersonationMode, WantedUser } from './impersonation-modes.ts';
import { impersonationModes } from './impersonation-modes.ts';
import type { ServerRequest } from './server-request.ts';
import type { Step } from './step.ts';

const extraPrefix = 'impersonate-extra-';

function wantedBy(request: ServerRequest): WantedUser {
  const extra = new Map<string, readonly string[]>();
  for (const [encoded, values] of request.headersWithPrefix(extraPrefix)) {
    const key = decodeExtraKey(encoded);
    extra.set(key, [...(extra.get(key) ?? []), ...values]);
  }
  return {
    name: request.headerValues('impersonate-user')[0] ?? '',
    uid: request.headerValues('impersonate-uid')[0] ?? '',
    groups: request.headerValues('impersonate-group'),
    extra,
  };
}

/** The wanted user as Go prints it. */
function shown({ uid, groups, extra }: WantedUser): string {
  const list = (values: readonly string[]): string => `[]string{${values.map((value) => JSON.stringify(value)).join(', ')}}`;
  const fields = [...extra].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, values]) => `${JSON.stringify(key)}:${list(values)}`);
  return `&user.DefaultInfo{Name:"", UID:${JSON.stringify(uid)}, Groups:${groups.length === 0 ? '[]string(nil)' : list(groups)}, Extra:map[string][]string${extra.size === 0 ? '(nil)' : `{${fields.join(', ')}}`}}`;
}

/**
 * Lets a user act as another. The modes of constrained impersonation (KEP-5284) come first: each allows certain verbs on
 * behalf of certain users; then the oldest one, in which the verb `impersonate` allows everything that the other may do.
 */
export function impersonate(authorizers: readonly Authorizer[]): Step {
  const modes = impersonationModes(authorizers);
  return (next) => (request) => {
    // Inside the process each client acts as itself.
    if (request.inProcess) return next(request);
    const isAsked = request.header('impersonate-user') !== undefined || request.header('impersonate-group') !== undefined || request.header('impersonate-uid') !== undefined;
    // Extra fields alone are a mistake; looking for them costs more than looking for the others.
    if (!isAsked && request.headersWithPrefix(extraPrefix).length === 0) return next(request);
    const wanted = wantedBy(request);
    if (wanted.name === '') {
      if (wanted.uid === '' && wanted.groups.length === 0 && wanted.extra.size === 0) return next(request);
      throw badRequestError(`requested ${shown(wanted)} without impersonating a user name`);
    }
    return become(modes, request, wanted).then(() => next(request));
  };
}

/** The first mode that allows it decides; when none does, what the first that could have said is told. */
async function become(modes: readonly ImpersonationMode[], request: ServerRequest, wanted: WantedUser): Promise<void> {
  const attributes = attributesOf(request.info, request.user, request.queryOrUndefined);
  let refusal: ApiError | undefined;
  for (const mode of modes) {
    const verdict = await mode(request.user, wanted, attributes);
    if (verdict === undefined) continue;
    if ('user' in verdict) {
      request.user = verdict.user;
      request.audit?.impersonated(request.user);
      return;
    }
    refusal ??= verdict.refusal;
  }
  throw refusal!;
}
