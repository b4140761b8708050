import type { KubeObject } from '../../../api/meta/object.ts';
import type { MatchCondition, MutatingWebhook, ValidatingWebhook } from '../../../api/types/admissionregistration/v1.ts';
import type { WebhookLocation } from '../../webhooks/webhook-client.ts';
import type { AdmissionScope } from '../admission.ts';
import type { Criteria } from './match.ts';
import { criteriaOf, mayMatch } from './match.ts';
import { isConfiguration } from './rules.ts';

/** One webhook of a configuration, ready to be matched and called. */
export interface CompiledWebhook {
  readonly name: string;
  readonly configuration: string;
  /** Tells it from all others. */
  readonly key: string;
  readonly criteria: Criteria;
  readonly matchConditions: readonly MatchCondition[];
  readonly location: WebhookLocation;
  readonly reviewVersions: readonly string[];
  readonly failOpen: boolean;
  readonly timeoutMs: number;
  /** Whether it may be called for a dry run. */
  readonly dryRunSafe: boolean;
  /** Of mutating webhooks: called again when the object changed after it. */
  readonly reinvocable: boolean;
}

interface Configuration extends KubeObject {
  readonly webhooks?: readonly (MutatingWebhook | ValidatingWebhook)[];
}

const defaultTimeoutSeconds = 10;

/** The webhooks of one configuration, in its order. */
export function compileWebhooks({ metadata, webhooks = [] }: Configuration): readonly CompiledWebhook[] {
  const configuration = metadata.name ?? '';
  const seen = new Map<string, number>();
  return webhooks.map((webhook) => {
    const { name } = webhook;
    const index = seen.get(name) ?? 0;
    seen.set(name, index + 1);
    return {
      name, configuration,
      key: `${configuration}/${name}/${index}`,
      criteria: criteriaOf({ ...webhook, rules: webhook.rules ?? [] }),
      matchConditions: webhook.matchConditions ?? [],
      location: webhook.clientConfig,
      reviewVersions: webhook.admissionReviewVersions,
      failOpen: webhook.failurePolicy === 'Ignore',
      timeoutMs: (webhook.timeoutSeconds ?? defaultTimeoutSeconds) * 1000,
      dryRunSafe: webhook.sideEffects === 'None' || webhook.sideEffects === 'NoneOnDryRun',
      reinvocable: (webhook as MutatingWebhook).reinvocationPolicy === 'IfNeeded',
    };
  });
}

/** Whether some webhook could be about such a request. */
export function concernsWebhooks(webhooks: readonly CompiledWebhook[], scope: AdmissionScope): boolean {
  return webhooks.length > 0 && !isConfiguration(scope) && webhooks.some(({ criteria }) => mayMatch(criteria, scope));
}
