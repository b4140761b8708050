import { assert } from '../../base/assert.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { UserInfo } from '../authentication/authenticator.ts';
import type { ObjectReader } from '../cache/reader.ts';
import type { Authorizer } from './authorizer.ts';
import type { AuthorizationMode, AuthorizerSettings } from './configuration.ts';
import { authorizersOfModes } from './configuration.ts';
import { alwaysAllow, alwaysDeny, privilegedGroupAuthorizer } from './modes.ts';
import { NodeAuthorizer, nodeNameOf } from './node/node.ts';
import { RbacAuthorizer } from './rbac/rbac.ts';
import type { RuleSet } from './rbac/rbac.ts';
import { unionAuthorizer } from './union.ts';
import { WebhookAuthorizer } from './webhook/webhook.ts';

export type { AuthorizationMode, AuthorizerSettings } from './configuration.ts';

export const defaultAuthorizationModes: readonly AuthorizationMode[] = ['Node', 'RBAC'];

export interface Authorization {
  /** Every authorizer in its order, behind the privileged group. */
  readonly authorizer: Authorizer;
  /** Present when RBAC is among them. */
  readonly rbac: RbacAuthorizer | undefined;
  /** What a SelfSubjectRulesReview shows. `incomplete`: some authorizer cannot list its rules for this user. */
  rulesFor(user: UserInfo, namespace: string): RuleSet & { readonly incomplete: boolean };
  [Symbol.dispose](): void;
}

export interface AuthorizationOptions {
  readonly reader: ObjectReader;
  /** The chain in its order. Default the modes Node and RBAC. */
  readonly authorizers?: readonly AuthorizerSettings[];
  /** What webhooks are asked with; needed where there is one. */
  readonly parts?: { readonly clock: Clock; readonly random: Random; readonly logger: Logger };
}

type Resolver = (user: UserInfo, namespace: string) => RuleSet & { readonly incomplete?: boolean };

const everything: RuleSet = {
  rules: [{ rule: { verbs: ['*'], apiGroups: ['*'], resources: ['*'] }, source: '' }, { rule: { verbs: ['*'], nonResourceURLs: ['*'] }, source: '' }],
  errors: [],
};
const unlisted = (error: string): ReturnType<Resolver> => ({ rules: [], errors: [error], incomplete: true });
const nothing: RuleSet = { rules: [], errors: [] };

/** Makes the authorizers of an API server. */
export function createAuthorization(options: AuthorizationOptions): Authorization {
  const { reader } = options;
  let rbac: RbacAuthorizer | undefined;
  let node: NodeAuthorizer | undefined;
  const chain: Authorizer[] = [privilegedGroupAuthorizer];
  const resolvers: Resolver[] = [];
  for (const settings of options.authorizers ?? authorizersOfModes(defaultAuthorizationModes)) {
    switch (settings.type) {
      case 'Node':
        chain.push((node = new NodeAuthorizer(reader)));
        resolvers.push((user) => (nodeNameOf(user) === undefined ? nothing : unlisted('node authorizer does not support user rule resolution')));
        break;
      case 'RBAC': {
        const roles = (rbac = new RbacAuthorizer(reader));
        chain.push(roles);
        resolvers.push((user, namespace) => roles.rulesFor(user, namespace));
        break;
      }
      case 'AlwaysAllow':
        chain.push(alwaysAllow);
        resolvers.push(() => everything);
        break;
      case 'AlwaysDeny':
        chain.push(alwaysDeny);
        break;
      case 'Webhook':
        assert(options.parts !== undefined, 'a webhook needs a clock, a random source and a logger');
        chain.push(new WebhookAuthorizer(settings.name, settings.webhook, options.parts));
        resolvers.push(() => unlisted('webhook authorizer does not support user rule resolution'));
        break;
    }
  }
  return {
    authorizer: unionAuthorizer(chain),
    rbac,
    rulesFor: (user, namespace) => {
      const held = resolvers.map((resolve) => resolve(user, namespace));
      return {
        rules: held.flatMap(({ rules }) => rules),
        errors: held.flatMap(({ errors }) => errors),
        incomplete: held.some(({ incomplete }) => incomplete === true),
      };
    },
    [Symbol.dispose]: () => {
      rbac?.[Symbol.dispose]();
      node?.[Symbol.dispose]();
    },
  };
}
