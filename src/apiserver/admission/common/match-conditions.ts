import { ApiError } from '../../../api/status.ts';
import type { AdmissionAttributes, AdmittedRequest } from '../admission.ts';
import type { Target } from './target.ts';
import type { WebhookPluginParts } from './webhook-plugin.ts';
import type { CompiledWebhook } from './webhook.ts';

/** Whether a webhook's match conditions hold. Not yet: until expressions are evaluated, such webhooks refuse. */
export function webhookConditionsMatch(_parts: WebhookPluginParts, { name }: CompiledWebhook, _of: { readonly attributes: AdmissionAttributes; readonly request: AdmittedRequest; readonly target: Target }): Promise<boolean> {
  return Promise.reject(new ApiError('Forbidden', `not supported: the match conditions of webhook ${JSON.stringify(name)}`));
}
