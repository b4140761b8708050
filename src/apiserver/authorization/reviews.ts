import { semanticEqual } from '../../api/meta/equal.ts';
import type { FieldError } from '../../api/field-error.ts';
import { invalid } from '../../api/field-error.ts';
import { badRequestError, invalidError } from '../../api/status.ts';
import type { ObjectMeta } from '../../api/types/meta/v1.ts';
import type { LocalSubjectAccessReview, NonResourceAttributes, ResourceAttributes, ResourceRule, NonResourceRule, SelfSubjectAccessReview, SelfSubjectRulesReview, SubjectAccessReview, SubjectAccessReviewSpec, SubjectAccessReviewStatus } from '../../api/types/authorization/v1.ts';
import type { UserInfo } from '../authentication/authenticator.ts';
import type { EndpointHandler, RequestContext } from '../request.ts';
import type { Attributes, Authorizer } from './authorizer.ts';
import { aggregate } from './rbac/rbac.ts';
import type { Authorization } from './registry.ts';

const group = 'authorization.k8s.io';

function attributesOf(user: UserInfo, spec: { readonly resourceAttributes?: ResourceAttributes; readonly nonResourceAttributes?: NonResourceAttributes }): Attributes {
  const resource = spec.resourceAttributes;
  if (resource === undefined) return { isResourceRequest: false, user, verb: spec.nonResourceAttributes?.verb ?? '', path: spec.nonResourceAttributes?.path ?? '' };
  const requirements = resource.fieldSelector?.requirements ?? [];
  const equalities = requirements.filter(({ operator, values }) => operator === 'In' && values?.length === 1).map(({ key, values }) => [key, values![0]!] as const);
  return {
    isResourceRequest: true,
    user,
    verb: resource.verb ?? '',
    apiGroup: resource.group ?? '',
    apiVersion: resource.version ?? '*',
    resource: resource.resource ?? '',
    subresource: resource.subresource ?? '',
    namespace: resource.namespace ?? '',
    name: resource.name ?? '',
    fieldSelector: Object.fromEntries(equalities),
  };
}

async function review(authorizer: Authorizer, attributes: Attributes): Promise<SubjectAccessReviewStatus> {
  const decision = await authorizer.authorize(attributes);
  return {
    allowed: decision.verdict === 'allow',
    ...(decision.verdict === 'deny' && { denied: true }),
    ...(decision.reason !== '' && { reason: decision.reason }),
  };
}

function validateAttributes(spec: { readonly resourceAttributes?: ResourceAttributes; readonly nonResourceAttributes?: NonResourceAttributes }): FieldError[] {
  if (spec.resourceAttributes !== undefined && spec.nonResourceAttributes !== undefined) {
    return [invalid('spec.nonResourceAttributes', spec.nonResourceAttributes, 'cannot be specified in combination with resourceAttributes')];
  }
  if (spec.resourceAttributes === undefined && spec.nonResourceAttributes === undefined) {
    return [invalid('spec.resourceAttributes', undefined, 'exactly one of nonResourceAttributes or resourceAttributes must be specified')];
  }
  return [];
}

function validateSubject(spec: SubjectAccessReviewSpec): FieldError[] {
  return (spec.user ?? '') === '' && (spec.groups ?? []).length === 0 ? [invalid('spec.user', spec.user ?? '', 'at least one of user or group must be specified')] : [];
}

function validateMetadata(metadata: ObjectMeta | undefined, namespaced: boolean): FieldError[] {
  const { managedFields: _, namespace, ...rest } = metadata ?? {};
  const clean = semanticEqual(rest, {}) && (namespaced || (namespace ?? '') === '');
  return clean ? [] : [invalid('metadata', metadata, namespaced ? 'must be empty except for namespace' : 'must be empty')];
}

function subjectOf(spec: SubjectAccessReviewSpec): UserInfo {
  return { name: spec.user ?? '', groups: spec.groups ?? [], ...(spec.uid !== undefined && { uid: spec.uid }), ...(spec.extra !== undefined && { extra: spec.extra }) };
}

async function bodyOf<T extends { spec?: object }>(context: RequestContext, kind: string): Promise<T> {
  const body = await context.body();
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw badRequestError(`not a ${kind}: the body must hold one`);
  const object = body as T;
  return { ...object, spec: object.spec ?? {} };
}

function endpoint<T extends { spec?: object }>(resource: string, kind: string, serve: (review: T, context: RequestContext) => Promise<object>): EndpointHandler {
  return {
    group,
    version: 'v1',
    resource,
    subresource: '',
    verbs: ['create'],
    handle: async (context) => {
      const object = await bodyOf<T>(context, kind);
      const status = await serve(object, context);
      return { kind: 'object', code: 201, object: { ...object, kind, apiVersion: `${group}/v1`, metadata: (object as { metadata?: ObjectMeta }).metadata ?? {}, status } };
    },
  };
}

const refuse = (kind: string, errors: readonly FieldError[]): void => {
  if (errors.length > 0) throw invalidError({ group, kind }, '', errors);
};

/** The four reviews by which anybody may ask what the authorizer would say. */
export function authorizationEndpoints(authorization: Pick<Authorization, 'authorizer' | 'rulesFor'>): readonly EndpointHandler[] {
  const { authorizer } = authorization;
  return [
    endpoint<SubjectAccessReview>('subjectaccessreviews', 'SubjectAccessReview', ({ metadata, spec }) => {
      refuse('SubjectAccessReview', [...validateAttributes(spec), ...validateSubject(spec), ...validateMetadata(metadata, false)]);
      return review(authorizer, attributesOf(subjectOf(spec), spec));
    }),
    endpoint<LocalSubjectAccessReview>('localsubjectaccessreviews', 'LocalSubjectAccessReview', ({ metadata, spec }, context) => {
      const errors = [...validateAttributes(spec), ...validateSubject(spec), ...validateMetadata(metadata, true)];
      if (spec.resourceAttributes !== undefined && (spec.resourceAttributes.namespace ?? '') !== (metadata?.namespace ?? context.info.namespace)) {
        errors.push(invalid('spec.resourceAttributes.namespace', spec.resourceAttributes.namespace ?? '', 'must match metadata.namespace'));
      }
      if (spec.nonResourceAttributes !== undefined) errors.push(invalid('spec.nonResourceAttributes', spec.nonResourceAttributes, 'disallowed on this kind of request'));
      refuse('LocalSubjectAccessReview', errors);
      const { namespace } = context.info;
      if (spec.resourceAttributes?.namespace !== namespace) throw badRequestError(`spec.resourceAttributes.namespace must match namespace: ${namespace}`);
      return review(authorizer, attributesOf(subjectOf(spec), spec));
    }),
    endpoint<SelfSubjectAccessReview>('selfsubjectaccessreviews', 'SelfSubjectAccessReview', ({ metadata, spec }, context) => {
      refuse('SelfSubjectAccessReview', [...validateAttributes(spec), ...validateMetadata(metadata, false)]);
      return review(authorizer, attributesOf(context.user, spec));
    }),
    endpoint<SelfSubjectRulesReview>('selfsubjectrulesreviews', 'SelfSubjectRulesReview', ({ spec }, context) => {
      const namespace = spec.namespace ?? '';
      if (namespace === '') throw badRequestError('no namespace on request');
      const held = authorization.rulesFor(context.user, namespace);
      const resourceRules: ResourceRule[] = [];
      const nonResourceRules: NonResourceRule[] = [];
      for (const { rule } of held.rules) {
        if ((rule.resources ?? []).length > 0) {
          resourceRules.push({
            verbs: rule.verbs,
            apiGroups: rule.apiGroups ?? [],
            resources: rule.resources ?? [],
            ...((rule.resourceNames ?? []).length > 0 && { resourceNames: rule.resourceNames! }),
          });
        }
        if ((rule.nonResourceURLs ?? []).length > 0) nonResourceRules.push({ verbs: rule.verbs, nonResourceURLs: rule.nonResourceURLs! });
      }
      return Promise.resolve({ resourceRules, nonResourceRules, incomplete: held.incomplete, ...(held.errors.length > 0 && { evaluationError: aggregate(held.errors) }) });
    }),
  ];
}
