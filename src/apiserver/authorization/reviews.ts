import { semanticEqual } from '../../api/meta/equal.ts';
import type { FieldError } from '../../api/field-error.ts';
import { forbidden, invalid, required } from '../../api/field-error.ts';
import { labelValue, qualifiedName } from '../../api/meta/validation.ts';
import { badRequestError, invalidError } from '../../api/status.ts';
import type { ObjectMeta } from '../../api/types/meta/v1.ts';
import type { LocalSubjectAccessReview, NonResourceAttributes, ResourceAttributes, ResourceRule, NonResourceRule, SelfSubjectAccessReview, SelfSubjectRulesReview, SubjectAccessReview, SubjectAccessReviewSpec, SubjectAccessReviewStatus } from '../../api/types/authorization/v1.ts';
import type { UserInfo } from '../authentication/authenticator.ts';
import type { EndpointHandler, RequestContext } from '../request.ts';
import type { Attributes, Authorizer } from './authorizer.ts';
import { reviewBody } from '../subresources/review-body.ts';
import type { Authorization } from './registry.ts';
import { fieldsOfReview, labelsOfReview } from './selectors.ts';
import { aggregate } from './union.ts';

const group = 'authorization.k8s.io';

interface Question {
  readonly attributes: Attributes;
  /** What of the question was left out because it could not be understood. */
  readonly ignored: readonly string[];
}

function questionOf(user: UserInfo, spec: { readonly resourceAttributes?: ResourceAttributes; readonly nonResourceAttributes?: NonResourceAttributes }): Question {
  const resource = spec.resourceAttributes;
  if (resource === undefined) return { attributes: { isResourceRequest: false, user, verb: spec.nonResourceAttributes?.verb ?? '', path: spec.nonResourceAttributes?.path ?? '' }, ignored: [] };
  const fields = fieldsOfReview(resource.fieldSelector);
  const labels = labelsOfReview(resource.labelSelector);
  const ignored = [{ name: 'fieldSelector', ...fields }, { name: 'labelSelector', ...labels }]
    .filter(({ isPartial }) => isPartial)
    .map(({ name, requirements }) => `spec.resourceAttributes.${name} ${requirements.length > 0 ? 'partially ' : ''}ignored due to parse error`);
  const attributes: Attributes = {
    isResourceRequest: true,
    user,
    verb: resource.verb ?? '',
    apiGroup: resource.group ?? '',
    apiVersion: (resource.version ?? '') === '' ? '*' : resource.version!,
    resource: resource.resource ?? '',
    subresource: resource.subresource ?? '',
    namespace: resource.namespace ?? '',
    name: resource.name ?? '',
    selectors: { fields: fields.requirements, labels: labels.requirements },
  };
  return { attributes, ignored };
}

async function review(authorizer: Authorizer, { attributes, ignored }: Question): Promise<SubjectAccessReviewStatus> {
  const decision = await authorizer.authorize(attributes);
  const errors = [...(decision.error === undefined ? [] : [decision.error]), ...ignored];
  return {
    allowed: decision.verdict === 'allow',
    ...(decision.verdict === 'deny' && { denied: true }),
    ...(decision.reason !== '' && { reason: decision.reason }),
    ...(errors.length > 0 && { evaluationError: errors.join('; ') }),
  };
}

interface AnySelector { readonly rawSelector?: string; readonly requirements?: readonly { readonly key: string; readonly operator: string; readonly values?: readonly string[] }[] }

/** Upstream lets operators pass that it does not know: a newer client may. */
function selectorErrors(selector: AnySelector | null | undefined, path: string, more: (requirement: { readonly key: string; readonly values: readonly string[]; readonly at: string; readonly operatorErrors: readonly FieldError[] }) => FieldError[]): FieldError[] {
  if (selector === undefined || selector === null) return [];
  const { rawSelector = '', requirements = [] } = selector;
  const errors: FieldError[] = [];
  if (rawSelector !== '' && requirements.length > 0) errors.push(invalid(`${path}.rawSelector`, rawSelector, 'may not specified at the same time as requirements'));
  if (rawSelector === '' && requirements.length === 0) errors.push(required(`${path}.requirements`, `when ${path} is specified, requirements or rawSelector is required`));
  for (const [index, requirement] of requirements.entries()) {
    const { operator, values = [] } = requirement;
    // Bodies are read before they are judged: it may be missing.
    const key = (requirement.key as string | undefined) ?? '';
    const at = `${path}.requirements[${index}]`;
    const operatorErrors: FieldError[] = [];
    if ((operator === 'In' || operator === 'NotIn') && values.length === 0) operatorErrors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0) operatorErrors.push(forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
    errors.push(...more({ key, values, at, operatorErrors }));
  }
  return errors;
}

function validateSelectors(resource: ResourceAttributes | undefined): FieldError[] {
  const path = 'spec.resourceAttributes';
  return [
    ...selectorErrors(resource?.fieldSelector, `${path}.fieldSelector`, ({ key, at, operatorErrors }) => [...(key === '' ? [required(`${at}.key`, 'must be specified')] : []), ...operatorErrors]),
    ...selectorErrors(resource?.labelSelector, `${path}.labelSelector`, ({ key, values, at, operatorErrors }) => [
      ...operatorErrors,
      ...qualifiedName(key).map((message) => invalid(`${at}.key`, key, message)),
      ...values.flatMap((value, index) => labelValue(value).map((message) => invalid(`${at}.values[${index}]`, value, message))),
    ]),
  ];
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

function endpoint<T extends { spec?: object }>(resource: string, kind: string, serve: (review: T, context: RequestContext) => Promise<object>): EndpointHandler {
  return {
    group,
    version: 'v1',
    resource,
    subresource: '',
    verbs: ['create'],
    handle: async (context) => {
      const given = await reviewBody<T>(context, { group, kind });
      const object = { ...given, spec: given.spec ?? {} } as T;
      const status = await serve(object, context);
      // A rules review is answered without what was asked, as upstream answers it.
      const { spec = {}, metadata = {} } = resource === 'selfsubjectrulesreviews' ? {} : object as { spec?: object; metadata?: ObjectMeta };
      return { kind: 'object', code: 201, object: { kind, apiVersion: `${group}/v1`, metadata: { ...metadata, ...(resource === 'localsubjectaccessreviews' && { namespace: context.info.namespace }) }, spec, status } };
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
      refuse('SubjectAccessReview', [...validateAttributes(spec), ...validateSubject(spec), ...validateSelectors(spec.resourceAttributes), ...validateMetadata(metadata, false)]);
      return review(authorizer, questionOf(subjectOf(spec), spec));
    }),
    endpoint<LocalSubjectAccessReview>('localsubjectaccessreviews', 'LocalSubjectAccessReview', ({ metadata, spec }, context) => {
      const errors = [...validateAttributes(spec), ...validateSubject(spec), ...validateSelectors(spec.resourceAttributes), ...validateMetadata(metadata, true)];
      if (spec.resourceAttributes !== undefined && (spec.resourceAttributes.namespace ?? '') !== (metadata?.namespace ?? context.info.namespace)) {
        errors.push(invalid('spec.resourceAttributes.namespace', spec.resourceAttributes.namespace ?? '', 'must match metadata.namespace'));
      }
      if (spec.nonResourceAttributes !== undefined) errors.push(invalid('spec.nonResourceAttributes', spec.nonResourceAttributes, 'disallowed on this kind of request'));
      refuse('LocalSubjectAccessReview', errors);
      const { namespace } = context.info;
      if (spec.resourceAttributes?.namespace !== namespace) throw badRequestError(`spec.resourceAttributes.namespace must match namespace: ${namespace}`);
      return review(authorizer, questionOf(subjectOf(spec), spec));
    }),
    endpoint<SelfSubjectAccessReview>('selfsubjectaccessreviews', 'SelfSubjectAccessReview', ({ metadata, spec }, context) => {
      refuse('SelfSubjectAccessReview', [...validateAttributes(spec), ...validateSelectors(spec.resourceAttributes), ...validateMetadata(metadata, false)]);
      return review(authorizer, questionOf(context.user, spec));
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
