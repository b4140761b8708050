import type { ObjectMeta } from '../../api/types/meta/v1.ts';
import { badRequestError } from '../../api/status.ts';
import type { TokenReview, TokenReviewStatus, UserInfo as ReviewedUser } from '../../api/types/authentication/v1.ts';
import type { Clock } from '../../base/clock.ts';
import { formatTime } from '../../base/clock.ts';
import type { EndpointHandler } from '../request.ts';
import { reviewBody } from '../subresources/review-body.ts';
import type { Authenticator, Listener, UserInfo } from './authenticator.ts';
import type { TokenAuthenticator } from './token-authenticator.ts';
import { bearerCredentials } from './token-authenticator.ts';

const group = 'authentication.k8s.io';

function shown(user: UserInfo): ReviewedUser {
  return {
    username: user.name,
    ...(user.uid !== undefined && user.uid !== '' && { uid: user.uid }),
    ...(user.groups.length > 0 && { groups: [...user.groups] }),
    ...(user.extra !== undefined && { extra: Object.fromEntries(Object.entries(user.extra).map(([key, values]) => [key, [...values]])) }),
  };
}

const judgesTokens = (authenticator: Authenticator): authenticator is Authenticator & TokenAuthenticator => 'authenticateToken' in authenticator;

/** Whom a token belongs to, asked of every method in turn. */
async function reviewToken(authenticators: readonly Authenticator[], own: readonly string[], { token, audiences = [] }: { readonly token: string; readonly audiences?: readonly string[] }, listener: Listener): Promise<TokenReviewStatus> {
  const wanted = audiences.length > 0 ? audiences : own;
  const errors: string[] = [];
  for (const authenticator of authenticators) {
    if (judgesTokens(authenticator)) {
      const verdict = await authenticator.authenticateToken(token, wanted, listener);
      if (verdict.kind === 'accepted') return { authenticated: true, user: shown(verdict.user), audiences: [...verdict.audiences] };
      if (verdict.kind === 'refused') errors.push(verdict.error);
      continue;
    }
    const user = await authenticator.authenticate(bearerCredentials(token));
    if (user === undefined) continue;
    // Methods that know nothing of audiences stand for the API server's own.
    const common = own.filter((one) => wanted.includes(one));
    if (audiences.length > 0 && common.length === 0) continue;
    return { authenticated: true, user: shown(user), audiences: common };
  }
  const all = [...new Set(['invalid bearer token', ...errors])];
  return { user: {}, error: all.length === 1 ? all[0]! : `[${all.join(', ')}]` };
}

/** Serves TokenReview and SelfSubjectReview. `audiences`: the API server's own. */
export function authenticationEndpoints(options: { readonly authenticators: readonly Authenticator[]; readonly audiences: readonly string[]; readonly clock: Clock }): readonly EndpointHandler[] {
  return [
    {
      group, version: 'v1', resource: 'tokenreviews', subresource: '', verbs: ['create'],
      handle: async (context) => {
        const { spec, metadata = {} } = await reviewBody<TokenReview>(context, { group, kind: 'TokenReview' });
        const token = spec?.token ?? '';
        if (spec === undefined || token === '') throw badRequestError('token is required for TokenReview in authentication');
        if ((metadata.namespace ?? '') !== '') throw badRequestError(`namespace is not allowed on this type: ${metadata.namespace!}`);
        const status = await reviewToken(options.authenticators, options.audiences, { ...spec, token }, context);
        return { kind: 'object', code: 201, object: { kind: 'TokenReview', apiVersion: `${group}/v1`, metadata, spec, status } };
      },
    },
    {
      group, version: 'v1', resource: 'selfsubjectreviews', subresource: '', verbs: ['create'],
      handle: async (context) => {
        await reviewBody(context, { group, kind: 'SelfSubjectReview' });
        const metadata: ObjectMeta = { creationTimestamp: formatTime(options.clock.now()) };
        return { kind: 'object', code: 201, object: { kind: 'SelfSubjectReview', apiVersion: `${group}/v1`, metadata, status: { userInfo: shown(context.user) } } };
      },
    },
  ];
}
