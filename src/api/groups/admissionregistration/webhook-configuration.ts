import type { Loose } from '../../meta/loose.ts';
import { mutatingwebhookconfigurations, validatingwebhookconfigurations } from '../../resources.ts';
import type { MutatingWebhook, MutatingWebhookConfiguration, ValidatingWebhook, ValidatingWebhookConfiguration } from '../../types/admissionregistration/v1.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules } from '../strategy.ts';
import { defaultWebhookClient } from '../webhook-client.ts';
import { expressionsReady } from './expression-checks.ts';
import { defaultRules, warningsForName } from './matching-rules.ts';
import { validateWebhooks } from './webhook-validation.ts';

const defaultTimeoutSeconds = 10;

function defaultWebhook(hook: Loose<ValidatingWebhook>): void {
  hook.failurePolicy ??= 'Fail';
  hook.matchPolicy ??= 'Equivalent';
  hook.namespaceSelector ??= {};
  hook.objectSelector ??= {};
  hook.timeoutSeconds ??= defaultTimeoutSeconds;
  defaultRules(hook.rules);
  defaultWebhookClient(hook.clientConfig);
}

type Configuration = MutatingWebhookConfiguration | ValidatingWebhookConfiguration;

/** What both kinds have in common. */
function webhookRules<T extends Configuration>(): Omit<ResourceDefinition<T>, 'type'> {
  const rules = standardRules<T>({ status: false, generation: true });
  return {
    load: ({ webhooks = [] }) => expressionsReady(webhooks.some(({ matchConditions = [] }) => matchConditions.length > 0)),
    prepareForCreate: rules.prepareForCreate,
    validate: (object) => validateWebhooks(object),
    update: { ...rules.update, validateUpdate: validateWebhooks },
    warnings: warningsForName,
    columns: [nameColumn, column('Webhooks', ({ webhooks = [] }) => webhooks.length, { type: 'integer' }), ageColumn],
  };
}

/** Webhooks that may change what is written. */
export const mutatingWebhookConfigurationDefinition: ResourceDefinition<MutatingWebhookConfiguration> = {
  type: mutatingwebhookconfigurations,
  ...webhookRules<MutatingWebhookConfiguration>(),
  applyDefaults({ webhooks = [] }) {
    for (const hook of webhooks as Loose<MutatingWebhook>[]) {
      defaultWebhook(hook);
      hook.reinvocationPolicy ??= 'Never';
    }
  },
};

/** Webhooks that may refuse what is written. */
export const validatingWebhookConfigurationDefinition: ResourceDefinition<ValidatingWebhookConfiguration> = {
  type: validatingwebhookconfigurations,
  ...webhookRules<ValidatingWebhookConfiguration>(),
  applyDefaults: ({ webhooks = [] }) => webhooks.forEach(defaultWebhook),
};
