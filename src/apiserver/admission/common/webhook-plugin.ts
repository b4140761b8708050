import type { KubeObject } from '../../../api/meta/object.ts';
import type { ResourceType } from '../../../api/resource-type.ts';
import { ApiError } from '../../../api/status.ts';
import type { AdmissionAttributes, AdmissionPlugin, AdmittedRequest } from '../admission.ts';
import type { AdmissionPhase } from '../../metrics/admission.ts';
import type { ReviewAnswer } from './admission-review.ts';
import type { WebhookCall } from './call-webhook.ts';
import { CallFailure, callWebhook, Denial } from './call-webhook.ts';
import { CompiledList } from './compiled-list.ts';
import { matchRequest } from './match.ts';
import type { Target } from './target.ts';
import type { CompiledWebhook } from './webhook.ts';
import type { WebhookPluginParts } from './webhook-plugin-parts.ts';
import { compileWebhooks, concernsWebhooks } from './webhook.ts';

/** The webhooks of all configurations of one kind, and the part of a plug-in that is the same for both kinds. */
export function webhookList(parts: WebhookPluginParts, type: ResourceType<KubeObject>): CompiledList<KubeObject, CompiledWebhook> & { readonly concerns: Pick<AdmissionPlugin, 'handles' | 'onHandlesChange'> } {
  const list = new CompiledList<KubeObject, CompiledWebhook>({ reader: parts.reader, type, compile: compileWebhooks });
  return Object.assign(list, {
    concerns: {
      handles: (scope) => concernsWebhooks(list.current, scope),
      onHandlesChange: (listener) => list.onChange(listener),
    } satisfies Pick<AdmissionPlugin, 'handles' | 'onHandlesChange'>,
  });
}

/** In which version a webhook is asked about a request; undefined when it is not. Throws Forbidden where its conditions cannot be judged. */
export async function invocationOf(parts: WebhookPluginParts, webhook: CompiledWebhook, { attributes, request, phase }: { readonly attributes: AdmissionAttributes; readonly request: AdmittedRequest; readonly phase: AdmissionPhase }): Promise<Target | undefined> {
  const target = matchRequest(parts, webhook.criteria, attributes, request);
  if (target === undefined || webhook.matchConditions.length === 0) return target;
  const { webhookConditionsMatch } = await import('./match-conditions.ts');
  return (await webhookConditionsMatch(parts, webhook, { attributes, request, target, phase })) ? target : undefined;
}

/** Calls a webhook and counts what came of it; `applied` is what follows from its answer, a patch that may fail. */
export async function countedCall<T>(parts: WebhookPluginParts, call: WebhookCall, applied: (answer: ReviewAnswer) => T | Promise<T>): Promise<T> {
  const { webhook, attributes, mutating } = call;
  const startedMs = parts.clock.monotonicMs();
  const type = mutating ? 'admit' as const : 'validating' as const;
  const observe = (rejected: boolean, code: number, errorType: 'no_error' | 'calling_webhook_error' | 'apiserver_internal_error'): void => {
    parts.admissionMetrics.webhook({ name: webhook.name, type, operation: attributes.operation, durationMs: parts.clock.monotonicMs() - startedMs, rejected, code, errorType });
  };
  try {
    const result = await applied(await callWebhook(parts, call));
    observe(false, 200, 'no_error');
    return result;
  } catch (error) {
    if (error instanceof CallFailure) observe(!webhook.failOpen, error.code, 'calling_webhook_error');
    else if (error instanceof Denial) observe(true, error.refusal.code, 'no_error');
    else observe(true, 0, 'apiserver_internal_error');
    if (error instanceof CallFailure && webhook.failOpen) parts.admissionMetrics.failedOpen(webhook.name, type);
    throw error;
  }
}

/** What a request gets whose webhook failed or refused; undefined when the failure lets it pass. */
export function outcomeOf(parts: WebhookPluginParts, webhook: CompiledWebhook, error: unknown): ApiError | undefined {
  if (error instanceof Denial) return error.refusal;
  if (!(error instanceof CallFailure)) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  parts.logger.warn(`failed calling webhook, failing ${webhook.failOpen ? 'open' : 'closed'}`, { webhook: webhook.name, error: error.message });
  return webhook.failOpen ? undefined : error.toApiError();
}

/** What upstream says when the request's own time ran out meanwhile. */
export function outOfTime(): ApiError {
  return new ApiError('Timeout', 'Timeout: request did not complete within requested timeout', { details: {} });
}
