import type { UserInfo } from '../authentication/authenticator.ts';
import type { ObjectReader } from '../cache/reader.ts';
import type { Authorizer } from './authorizer.ts';
import { alwaysAllow, alwaysDeny, privilegedGroupAuthorizer } from './modes.ts';
import { NodeAuthorizer, nodeNameOf } from './node/node.ts';
import { RbacAuthorizer } from './rbac/rbac.ts';
import type { RuleSet } from './rbac/rbac.ts';
import { unionAuthorizer } from './union.ts';

/** As `--authorization-mode` of kube-apiserver spells them. */
export type AuthorizationMode = 'Node' | 'RBAC' | 'AlwaysAllow' | 'AlwaysDeny';

export const defaultAuthorizationModes: readonly AuthorizationMode[] = ['Node', 'RBAC'];

export interface Authorization {
  /** Every mode in its order, behind the privileged group. */
  readonly authorizer: Authorizer;
  /** Present when RBAC is among the modes. */
  readonly rbac: RbacAuthorizer | undefined;
  /** What a SelfSubjectRulesReview shows. `incomplete`: some mode cannot list its rules for this user. */
  rulesFor(user: UserInfo, namespace: string): RuleSet & { readonly incomplete: boolean };
  [Symbol.dispose](): void;
}

const everything: RuleSet = {
  rules: [{ rule: { verbs: ['*'], apiGroups: ['*'], resources: ['*'] }, source: '' }, { rule: { verbs: ['*'], nonResourceURLs: ['*'] }, source: '' }],
  errors: [],
};

/** Makes the authorizers of an API server. Throws for a mode given twice, as upstream refuses to start. */
export function createAuthorization(options: { readonly reader: ObjectReader; readonly modes?: readonly AuthorizationMode[] }): Authorization {
  const modes = options.modes ?? defaultAuthorizationModes;
  if (modes.length === 0) throw new Error('at least one authorization mode must be passed');
  if (new Set(modes).size !== modes.length) throw new Error(`authorization mode ${modes.join(',')} has mode specified more than once`);
  let rbac: RbacAuthorizer | undefined;
  let node: NodeAuthorizer | undefined;
  const chain: Authorizer[] = [privilegedGroupAuthorizer];
  for (const mode of modes) {
    switch (mode) {
      case 'Node': chain.push((node = new NodeAuthorizer(options.reader))); break;
      case 'RBAC': chain.push((rbac = new RbacAuthorizer(options.reader))); break;
      case 'AlwaysAllow': chain.push(alwaysAllow); break;
      case 'AlwaysDeny': chain.push(alwaysDeny); break;
    }
  }
  return {
    authorizer: unionAuthorizer(chain),
    rbac,
    rulesFor: (user, namespace) => {
      const held = modes.includes('AlwaysAllow') ? everything : rbac?.rulesFor(user, namespace) ?? { rules: [], errors: [] };
      const unlisted = node !== undefined && nodeNameOf(user) !== undefined;
      return {
        rules: held.rules,
        errors: unlisted ? ['node authorizer does not support user rule resolution', ...held.errors] : held.errors,
        incomplete: unlisted || held.errors.length > 0,
      };
    },
    [Symbol.dispose]: () => {
      rbac?.[Symbol.dispose]();
      node?.[Symbol.dispose]();
    },
  };
}
