import { mutatingwebhookconfigurations } from '../../../api/resources.ts';
import type { AdmissionAttributes, AdmissionPlugin, AdmittedRequest, Reinvocation } from '../admission.ts';
import type { WebhookCall } from '../common/call-webhook.ts';
import { CallFailure } from '../common/call-webhook.ts';
import type { Reinvocables } from '../common/reinvocables.ts';
import { reinvocablesOf } from '../common/reinvocables.ts';
import type { WebhookPluginParts } from '../common/webhook-plugin-parts.ts';
import { countedCall, invocationOf, outcomeOf, outOfTime, webhookList } from '../common/webhook-plugin.ts';
import type { CompiledWebhook } from '../common/webhook.ts';
import { applyWebhookPatch } from './apply-patch.ts';

const name = 'MutatingAdmissionWebhook';

/**
 * Lets the webhooks of MutatingWebhookConfigurations change objects, one after the other in the order of their
 * configurations' names; those that want it once more when the object changed after them.
 */
export function mutatingWebhook(parts: WebhookPluginParts): AdmissionPlugin {
  const webhooks = webhookList(parts, mutatingwebhookconfigurations);
  return {
    name,
    ...webhooks.concerns,
    admit: (attributes) => (attributes.request === undefined ? undefined : mutate(parts, webhooks.current, attributes, attributes.request)),
  };
}

async function mutate(parts: WebhookPluginParts, webhooks: readonly CompiledWebhook[], attributes: AdmissionAttributes, request: AdmittedRequest): Promise<void> {
  const reinvocation = attributes.reinvocation ?? { active: false, wanted: false, memory: new Map() };
  const reinvocables = reinvocablesOf(reinvocation, name);
  reinvocables.begin(reinvocation, attributes.object);
  let asked = false;
  try {
    for (const [index, webhook] of webhooks.entries()) {
      const target = await invocationOf(parts, webhook, { attributes, request, phase: 'admit' });
      if (target === undefined || (reinvocation.active && !reinvocables.isDue(webhook.key))) continue;
      asked = true;
      await ask(parts, { webhook, target, attributes, request, mutating: true }, { index, reinvocation, reinvocables });
    }
  } finally {
    // Where nobody was asked nobody is asked again: what the object was need not be kept.
    if (asked) reinvocables.end(attributes.object);
  }
}

interface Round { readonly index: number; readonly reinvocation: Reinvocation; readonly reinvocables: Reinvocables }

async function ask(parts: WebhookPluginParts, call: WebhookCall, { index, reinvocation, reinvocables }: Round): Promise<void> {
  const { webhook, attributes, request } = call;
  const { configuration } = webhook;
  const place = `round_${reinvocation.active ? 1 : 0}_index_${index}`;
  let mutated = false;
  let failure: unknown;
  try {
    mutated = await countedCall(parts, call, (answer) => applyWebhookPatch(call, answer, (patch) => attributes.annotate?.(`patch.webhook.admission.k8s.io/${place}`, JSON.stringify({ configuration, webhook: webhook.name, patch, patchType: 'JSONPatch' }), 'Request')));
  } catch (error) {
    failure = error;
  }
  attributes.annotate?.(`mutation.webhook.admission.k8s.io/${place}`, JSON.stringify({ configuration, webhook: webhook.name, mutated }));
  if (mutated) {
    reinvocables.requireAll();
    reinvocation.wanted = true;
  }
  if (webhook.reinvocable) reinvocables.add(webhook.key);
  if (failure === undefined) return;
  const refusal = outcomeOf(parts, webhook, failure);
  if (refusal !== undefined) throw refusal;
  if (failure instanceof CallFailure) attributes.annotate?.(`failed-open.mutation.webhook.admission.k8s.io/${place}`, webhook.name);
  if (request.signal.aborted) throw outOfTime();
}
