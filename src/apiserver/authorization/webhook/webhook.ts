import { hash } from 'node:crypto';
import type { SubjectAccessReviewSpec, SubjectAccessReviewStatus } from '../../../api/types/authorization/v1.ts';
import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../../base/logger.ts';
import type { Random } from '../../../base/random.ts';
import type { Connection } from '../../../client/kubeconfig.ts';
import { ExpiringCache } from '../../../base/expiring-cache.ts';
import type { ReviewWebhook } from '../../review-webhook.ts';
import { reviewWebhook } from '../../review-webhook.ts';
import type { Attributes, Authorizer, Decision } from '../authorizer.ts';
import { fieldRequirementsForReview, labelRequirementsForReview } from '../selectors.ts';

const maxCached = 8192;
/** What an asker chooses may fill the cache: longer questions are not remembered, as upstream has it. */
const maxCachedLength = 10_000;

/** How an external service judges requests. */
export interface AuthorizationWebhookSettings {
  readonly connection: Connection;
  readonly version: 'v1' | 'v1beta1';
  /** How long it is remembered that something is allowed, or not; milliseconds, 0: not at all. */
  readonly authorizedTtlMs: number;
  readonly unauthorizedTtlMs: number;
  /** How long one attempt may take, milliseconds. */
  readonly timeoutMs: number;
  /** What is said when the service cannot be asked. */
  readonly failurePolicy: 'NoOpinion' | 'Deny';
}

function reviewOf(attributes: Attributes): SubjectAccessReviewSpec {
  const { name, uid, groups, extra } = attributes.user;
  const subject = { user: name, groups: [...groups], ...((uid ?? '') !== '' && { uid: uid! }), ...(extra !== undefined && { extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]])) }) };
  if (!attributes.isResourceRequest) return { ...subject, nonResourceAttributes: { path: attributes.path, verb: attributes.verb } };
  const { verb, apiGroup, apiVersion, resource, subresource, namespace, selectors } = attributes;
  const fields = selectors === undefined ? [] : fieldRequirementsForReview(selectors.fields);
  const labels = selectors === undefined ? [] : labelRequirementsForReview(selectors.labels);
  const told = { namespace, verb, group: apiGroup, version: apiVersion, resource, subresource, name: attributes.name };
  return {
    ...subject,
    resourceAttributes: {
      ...Object.fromEntries(Object.entries(told).filter(([, value]) => value !== '')),
      ...(fields.length > 0 && { fieldSelector: { requirements: fields } }),
      ...(labels.length > 0 && { labelSelector: { requirements: labels } }),
    },
  };
}

function lengthOf(attributes: Attributes): number {
  if (!attributes.isResourceRequest) return attributes.verb.length + attributes.path.length;
  const { verb, apiGroup, apiVersion, resource, subresource, namespace, name } = attributes;
  return [verb, apiGroup, apiVersion, resource, subresource, namespace, name].reduce((sum, part) => sum + part.length, 0);
}

function decisionOf(status: SubjectAccessReviewStatus): Decision {
  const reason = status.reason ?? '';
  if (status.denied === true && status.allowed) return { verdict: 'deny', reason, error: 'webhook subject access review returned both allow and deny response' };
  if (status.denied === true) return { verdict: 'deny', reason };
  return { verdict: status.allowed ? 'allow' : 'no-opinion', reason };
}

/** Asks an external service with a SubjectAccessReview. Its verdicts are remembered by the question's digest. */
export class WebhookAuthorizer implements Authorizer {
  readonly name: string;
  readonly #ask: ReviewWebhook<SubjectAccessReviewSpec, SubjectAccessReviewStatus>;
  readonly #settings: AuthorizationWebhookSettings;
  readonly #logger: Logger;
  readonly #verdicts: ExpiringCache<string, Decision>;
  /** The same question, asked several times at once, is put once. */
  readonly #underWay = new Map<string, Promise<Decision>>();

  constructor(name: string, settings: AuthorizationWebhookSettings, parts: { readonly clock: Clock; readonly random: Random; readonly logger: Logger }) {
    this.name = name;
    this.#settings = settings;
    this.#ask = reviewWebhook({ ...settings, ...parts, kind: 'SubjectAccessReview', apiVersion: `authorization.k8s.io/${settings.version}` });
    this.#logger = parts.logger;
    this.#verdicts = new ExpiringCache(maxCached, parts.clock);
  }

  authorize(attributes: Attributes): Decision | Promise<Decision> {
    const spec = reviewOf(attributes);
    const key = hash('sha256', JSON.stringify(spec), 'base64');
    const known = this.#verdicts.get(key);
    if (known !== undefined) return known;
    let underWay = this.#underWay.get(key);
    if (underWay === undefined) this.#underWay.set(key, (underWay = this.#review(key, spec, lengthOf(attributes) < maxCachedLength).finally(() => this.#underWay.delete(key))));
    return underWay;
  }

  async #review(key: string, spec: SubjectAccessReviewSpec, mayBeKept: boolean): Promise<Decision> {
    const { failurePolicy, authorizedTtlMs, unauthorizedTtlMs, version } = this.#settings;
    let decision: Decision;
    try {
      decision = decisionOf(await this.#ask(version === 'v1beta1' ? asV1beta1(spec) : spec));
    } catch (error) {
      const { message } = error as Error;
      this.#logger.error('the authorization webhook could not be asked', { webhook: this.name, error: message });
      return { verdict: failurePolicy === 'Deny' ? 'deny' : 'no-opinion', reason: '', error: message };
    }
    if (mayBeKept) this.#verdicts.set(key, decision, decision.verdict === 'allow' ? authorizedTtlMs : unauthorizedTtlMs);
    return decision;
  }
}

/** The older version calls the groups `group`. */
function asV1beta1({ groups, ...rest }: SubjectAccessReviewSpec): SubjectAccessReviewSpec {
  return { ...rest, ...(groups !== undefined && groups.length > 0 && { group: groups }) } as SubjectAccessReviewSpec;
}
