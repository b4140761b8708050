import { validatingwebhookconfigurations } from '../../../api/resources.ts';
import type { ApiError } from '../../../api/status.ts';
import type { AdmissionAttributes, AdmissionPlugin, AdmittedRequest } from '../admission.ts';
import { CallFailure } from '../common/call-webhook.ts';
import type { Target } from '../common/target.ts';
import type { WebhookPluginParts } from '../common/webhook-plugin-parts.ts';
import { countedCall, invocationOf, outcomeOf, outOfTime, webhookList } from '../common/webhook-plugin.ts';
import type { CompiledWebhook } from '../common/webhook.ts';

interface Invocation { readonly webhook: CompiledWebhook; readonly target: Target }

/** Asks the webhooks of ValidatingWebhookConfigurations, all that a request concerns at the same time. The first refusal, in their order, counts. */
export function validatingWebhook(parts: WebhookPluginParts): AdmissionPlugin {
  const webhooks = webhookList(parts, validatingwebhookconfigurations);
  return {
    name: 'ValidatingAdmissionWebhook',
    ...webhooks.concerns,
    validate: (attributes) => (attributes.request === undefined ? undefined : validate(parts, webhooks.current, attributes, attributes.request)),
  };
}

async function validate(parts: WebhookPluginParts, webhooks: readonly CompiledWebhook[], attributes: AdmissionAttributes, request: AdmittedRequest): Promise<void> {
  const invocations: Invocation[] = [];
  for (const webhook of webhooks) {
    const target = await invocationOf(parts, webhook, { attributes, request, phase: 'validate' });
    if (target !== undefined) invocations.push({ webhook, target });
  }
  if (invocations.length > 0 && request.signal.aborted) throw outOfTime();
  const refusals = await Promise.all(invocations.map(({ webhook, target }, index) => ask(parts, { webhook, target, attributes, request, index })));
  const refusal = refusals.find((one) => one !== undefined);
  if (refusal !== undefined) throw refusal;
}

async function ask(parts: WebhookPluginParts, call: Invocation & { readonly attributes: AdmissionAttributes; readonly request: AdmittedRequest; readonly index: number }): Promise<ApiError | undefined> {
  const { webhook, attributes, index } = call;
  try {
    return await countedCall(parts, { ...call, mutating: false }, () => undefined);
  } catch (error) {
    if (error instanceof CallFailure && webhook.failOpen) attributes.annotate?.(`failed-open.validating.webhook.admission.k8s.io/round_0_index_${index}`, webhook.name);
    return outcomeOf(parts, webhook, error);
  }
}
