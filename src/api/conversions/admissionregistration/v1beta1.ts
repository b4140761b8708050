import type { FieldError } from '../../field-error.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { Loose } from '../../meta/loose.ts';
import type { MutatingWebhookConfiguration } from '../../types/admissionregistration/v1.ts';
import type { VersionRules } from '../version-rules.ts';

/** v1beta1 was kind to webhooks that fail, and waited long for them. */
function applyDefaults(object: KubeObject): void {
  for (const webhook of (object as Loose<MutatingWebhookConfiguration>).webhooks ?? []) {
    webhook.failurePolicy ??= 'Ignore';
    webhook.matchPolicy ??= 'Exact';
    webhook.sideEffects ??= 'Unknown';
    webhook.timeoutSeconds ??= 30;
    if ((webhook.admissionReviewVersions ?? []).length === 0) webhook.admissionReviewVersions = ['v1beta1'];
  }
}

/** What v1 asks beyond v1beta1: known side effects, versions that are understood, names that differ. */
function allows({ reason, field, message }: FieldError): boolean {
  if (/^webhooks\[\d+\]\.sideEffects$/.test(field)) return /"(?:Unknown|Some)"/.test(message);
  if (/^webhooks\[\d+\]\.admissionReviewVersions/.test(field)) return reason === 'FieldValueInvalid' && message.includes('must include at least one of');
  return /^webhooks\[\d+\]\.name$/.test(field) && reason === 'FieldValueDuplicate';
}

export const webhookRules: VersionRules = { applyDefaults, allows };
