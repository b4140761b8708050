import { dns1123Label, dns1123Subdomain } from '../../meta/validation.ts';
import type { AuthorizationCheck, AuthorizationDecision, ExpressionAuthorizer } from '../expression.ts';
import { as, asString } from '../runtime/arguments.ts';
import { CelFailure } from '../runtime/failure.ts';
import { CelObject, type CelValue } from '../runtime/values.ts';
import { member, type Library } from '../language/declarations.ts';
import { BOOL, object, STRING } from '../language/types.ts';

const AUTHORIZER = object('kubernetes.authorization.Authorizer');
const PATH_CHECK = object('kubernetes.authorization.PathCheck');
const GROUP_CHECK = object('kubernetes.authorization.GroupCheck');
const RESOURCE_CHECK = object('kubernetes.authorization.ResourceCheck');
const DECISION = object('kubernetes.authorization.Decision');

/** The types of the authorization library; the first is that of `authorizer`, the fourth that of `authorizer.requestResource`. */
export const authorizationTypes = [AUTHORIZER, PATH_CHECK, GROUP_CHECK, RESOURCE_CHECK, DECISION] as const;

/** Ends an evaluation whose next step is a decision that is not known yet. Nothing in an expression absorbs it. */
export class PendingDecision extends Error {
  readonly check: AuthorizationCheck;
  constructor(check: AuthorizationCheck) {
    super('a decision is not known yet');
    this.name = 'PendingDecision';
    this.check = check;
  }
}

/** No field can be selected from these, and each is equal to itself only. */
abstract class Opaque extends CelObject {
  override equals(other: CelObject): boolean {
    return other === this;
  }
}

export class AuthorizerValue extends Opaque {
  readonly typeName = AUTHORIZER.name;
  readonly authorizer: ExpressionAuthorizer;
  constructor(authorizer: ExpressionAuthorizer) {
    super();
    this.authorizer = authorizer;
  }
}

class PathCheckValue extends Opaque {
  readonly typeName = PATH_CHECK.name;
  readonly authorizer: ExpressionAuthorizer;
  readonly path: string;
  constructor(authorizer: ExpressionAuthorizer, path: string) {
    super();
    this.authorizer = authorizer;
    this.path = path;
  }
}

class GroupCheckValue extends Opaque {
  readonly typeName = GROUP_CHECK.name;
  readonly authorizer: ExpressionAuthorizer;
  readonly group: string;
  constructor(authorizer: ExpressionAuthorizer, group: string) {
    super();
    this.authorizer = authorizer;
    this.group = group;
  }
}

type Resource = Omit<AuthorizationCheck, 'user' | 'verb' | 'path'>;

export class ResourceCheckValue extends Opaque {
  readonly typeName = RESOURCE_CHECK.name;
  readonly authorizer: ExpressionAuthorizer;
  readonly resource: Resource;
  constructor(authorizer: ExpressionAuthorizer, resource: Resource) {
    super();
    this.authorizer = authorizer;
    this.resource = resource;
  }
}

class DecisionValue extends Opaque {
  readonly typeName = DECISION.name;
  readonly decision: AuthorizationDecision;
  constructor(decision: AuthorizationDecision) {
    super();
    this.decision = decision;
  }
}

function decide(authorizer: ExpressionAuthorizer, check: Omit<AuthorizationCheck, 'user'>): DecisionValue {
  const asked = { user: authorizer.user, ...check };
  const decision = authorizer.decide(asked);
  if (decision === undefined) throw new PendingDecision(asked);
  return new DecisionValue(decision);
}

function serviceAccount(value: CelValue | undefined, namespace: string, name: string): AuthorizerValue {
  if (dns1123Subdomain(name).length > 0) throw new CelFailure('Invalid service account name');
  if (dns1123Label(namespace).length > 0) throw new CelFailure('Invalid service account namespace');
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
  return new AuthorizerValue({ ...as(AuthorizerValue, value).authorizer, user: { name: `system:serviceaccount:${namespace}:${name}`, groups } });
}

function named(value: CelValue | undefined, what: string): string {
  const text = asString(value);
  if (text.trim() === '') throw new CelFailure(`${what} must not be empty`);
  return text;
}

/** `.namespace('x')` and its like: the same check, narrowed. */
function narrowing(id: string, field: keyof Resource): Library[string] {
  return [member(id, [RESOURCE_CHECK, STRING], RESOURCE_CHECK, (value, text) => {
    const { authorizer, resource } = as(ResourceCheckValue, value);
    return new ResourceCheckValue(authorizer, { ...resource, [field]: asString(text) });
  })];
}

const decisionOf = (value: CelValue | undefined): AuthorizationDecision => as(DecisionValue, value).decision;

/** Kubernetes' authorizer, with selectors. */
export const authorization: Library = {
  path: [member('authorizer_path', [AUTHORIZER, STRING], PATH_CHECK, (value, path) => new PathCheckValue(as(AuthorizerValue, value).authorizer, named(path, 'path')))],
  group: [member('authorizer_group', [AUTHORIZER, STRING], GROUP_CHECK, (value, group) => new GroupCheckValue(as(AuthorizerValue, value).authorizer, asString(group)))],
  serviceAccount: [member('authorizer_serviceaccount', [AUTHORIZER, STRING, STRING], AUTHORIZER, (value, namespace, name) => serviceAccount(value, asString(namespace), asString(name)))],
  resource: [member('groupcheck_resource', [GROUP_CHECK, STRING], RESOURCE_CHECK, (value, resource) => {
    const { authorizer, group } = as(GroupCheckValue, value);
    return new ResourceCheckValue(authorizer, { apiGroup: group, apiVersion: '*', resource: named(resource, 'resource') });
  })],
  subresource: narrowing('resourcecheck_subresource', 'subresource'),
  namespace: narrowing('resourcecheck_namespace', 'namespace'),
  name: narrowing('resourcecheck_name', 'name'),
  fieldSelector: narrowing('authorizer_fieldselector', 'fieldSelector'),
  labelSelector: narrowing('authorizer_labelselector', 'labelSelector'),
  check: [
    member('pathcheck_check', [PATH_CHECK, STRING], DECISION, (value, verb) => {
      const { authorizer, path } = as(PathCheckValue, value);
      return decide(authorizer, { verb: asString(verb), path });
    }),
    member('resourcecheck_check', [RESOURCE_CHECK, STRING], DECISION, (value, verb) => {
      const { authorizer, resource } = as(ResourceCheckValue, value);
      return decide(authorizer, { verb: asString(verb), ...resource });
    }),
  ],
  errored: [member('decision_errored', [DECISION], BOOL, (value) => decisionOf(value).error !== undefined)],
  error: [member('decision_error', [DECISION], STRING, (value) => decisionOf(value).error ?? '')],
  allowed: [member('decision_allowed', [DECISION], BOOL, (value) => decisionOf(value).allowed)],
  reason: [member('decision_reason', [DECISION], STRING, (value) => decisionOf(value).reason)],
};
