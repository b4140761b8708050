import { assert } from '../../base/assert.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { UserInfo } from '../authentication/authenticator.ts';
import type { Changing } from '../authentication/replaceable.ts';
import { isChanging } from '../authentication/replaceable.ts';
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
  readonly authorizers?: readonly AuthorizerSettings[] | Changing<readonly AuthorizerSettings[]>;
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

/** What Node and RBAC are made of is made once, however often the chain changes. */
interface Shared {
  readonly node: NodeAuthorizer | undefined;
  readonly rbac: RbacAuthorizer | undefined;
}

interface Chain {
  readonly authorizer: Authorizer;
  readonly resolvers: readonly Resolver[];
}

function chainOf(settings: readonly AuthorizerSettings[], { node, rbac }: Shared, parts: AuthorizationOptions['parts']): Chain {
  const chain: Authorizer[] = [privilegedGroupAuthorizer];
  const resolvers: Resolver[] = [];
  const notAtFirst = (type: string): Error => new Error(`authorizer type ${type} is not allowed if it was not enabled at initial server startup`);
  for (const one of settings) {
    switch (one.type) {
      case 'Node':
        if (node === undefined) throw notAtFirst(one.type);
        chain.push(node);
        resolvers.push((user) => (nodeNameOf(user) === undefined ? nothing : unlisted('node authorizer does not support user rule resolution')));
        break;
      case 'RBAC':
        if (rbac === undefined) throw notAtFirst(one.type);
        chain.push(rbac);
        resolvers.push((user, namespace) => rbac.rulesFor(user, namespace));
        break;
      case 'AlwaysAllow':
        chain.push(alwaysAllow);
        resolvers.push(() => everything);
        break;
      case 'AlwaysDeny':
        chain.push(alwaysDeny);
        break;
      case 'Webhook':
        assert(parts !== undefined, 'a webhook needs a clock, a random source and a logger');
        chain.push(new WebhookAuthorizer(one.name, one.webhook, parts));
        resolvers.push(() => unlisted('webhook authorizer does not support user rule resolution'));
        break;
    }
  }
  return { authorizer: unionAuthorizer(chain), resolvers };
}

/** Makes the authorizers of an API server. */
export function createAuthorization(options: AuthorizationOptions): Authorization {
  const { reader, parts, authorizers: source = authorizersOfModes(defaultAuthorizationModes) } = options;
  const settings = isChanging(source) ? source.current : source;
  const has = (type: AuthorizerSettings['type']): boolean => settings.some((one) => one.type === type);
  const rbac = has('RBAC') ? new RbacAuthorizer(reader) : undefined;
  const node = has('Node') ? new NodeAuthorizer(reader) : undefined;
  let chain = chainOf(settings, { node, rbac }, parts);
  if (isChanging(source)) source.onChange((changed) => { chain = chainOf(changed, { node, rbac }, parts); });
  return {
    authorizer: isChanging(source) ? { name: chain.authorizer.name, authorize: (attributes) => chain.authorizer.authorize(attributes) } : chain.authorizer,
    rbac,
    rulesFor: (user, namespace) => {
      const held = chain.resolvers.map((resolve) => resolve(user, namespace));
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
