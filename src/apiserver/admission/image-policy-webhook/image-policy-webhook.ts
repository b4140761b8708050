import { pods } from '../../../api/resources.ts';
import type { Pod } from '../../../api/types/core/v1.ts';
import type { Clock } from '../../../base/clock.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.ts';
import type { PluginConfiguration } from '../decode-configuration.ts';
import { ConfigurationError, recordOf, text } from '../decode-configuration.ts';
import { concernedBy, refusal } from '../refuse.ts';

/** `imagepolicy.k8s.io/v1alpha1` ImageReview, as much as is asked and answered. */
export interface ImageReviewSpec {
  readonly containers: readonly { readonly image: string }[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly namespace: string;
}

export interface ImageReviewStatus {
  readonly allowed: boolean;
  readonly reason?: string;
  readonly auditAnnotations?: Readonly<Record<string, string>>;
}

/** Asks the webhook of a kubeconfig file. Rejects when there is no proper answer. */
export type ImageReviewer = (kubeConfigFile: string, review: { readonly apiVersion: string; readonly kind: string; readonly spec: ImageReviewSpec }) => Promise<ImageReviewStatus>;

export interface ImagePolicySettings {
  readonly kubeConfigFile: string;
  readonly allowTtlMs: number;
  readonly denyTtlMs: number;
  /** The wait before the second try; each further one waits half as long again. */
  readonly retryBackoffMs: number;
  /** Whether pods are let in while the webhook gives no answer. */
  readonly defaultAllow: boolean;
}

const second = 1000;
const minute = 60 * second;
const maxTries = 5;
const maxRemembered = 1024;

/** A duration of the file: 0 is the default, -1 turns the thing off. */
function duration(value: unknown, name: string, scaleMs: number, bounds: { readonly minMs: number; readonly maxMs: number; readonly defaultMs: number }): number {
  if (value === undefined || value === 0) return bounds.defaultMs;
  if (value === -1) return 0;
  if (typeof value !== 'number' || !Number.isInteger(value)) throw new ConfigurationError(`imagePolicy.${name}: wants a whole number, not ${JSON.stringify(value)}`);
  const ms = value * scaleMs;
  if (ms <= bounds.minMs || ms > bounds.maxMs) throw new ConfigurationError(`imagePolicy.${name}: valid value is between ${bounds.minMs}ms and ${bounds.maxMs}ms, got ${ms}ms`);
  return ms;
}

/** From the plug-in's configuration, which it cannot do without. Throws ConfigurationError. */
export function imagePolicySettings(configuration: PluginConfiguration | undefined): ImagePolicySettings {
  if (configuration === undefined) throw new ConfigurationError('ImagePolicyWebhook: no configuration: --admission-control-config-file must have one');
  const policy = recordOf((configuration.value as { imagePolicy?: unknown } | null)?.imagePolicy, `${configuration.source}: imagePolicy`, ['kubeConfigFile', 'allowTTL', 'denyTTL', 'retryBackoff', 'defaultAllow']);
  const ttl = { minMs: second, maxMs: 30 * minute };
  return {
    kubeConfigFile: text(policy['kubeConfigFile'] ?? '', 'imagePolicy.kubeConfigFile'),
    allowTtlMs: duration(policy['allowTTL'], 'allowTTL', second, { ...ttl, defaultMs: 5 * minute }),
    denyTtlMs: duration(policy['denyTTL'], 'denyTTL', second, { ...ttl, defaultMs: 30 * second }),
    retryBackoffMs: duration(policy['retryBackoff'], 'retryBackoff', 1, { minMs: 0, maxMs: 5 * minute, defaultMs: 500 }),
    defaultAllow: policy['defaultAllow'] === true,
  };
}

function reviewOf({ object, namespace }: AdmissionAttributes): ImageReviewSpec {
  const { metadata, spec } = object as Pod;
  const annotations = Object.fromEntries(Object.entries(metadata.annotations ?? {}).filter(([key]) => key.includes('.image-policy.k8s.io/')));
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? []), ...(spec?.ephemeralContainers ?? [])].map(({ image = '' }) => ({ image }));
  return { containers, ...(Object.keys(annotations).length > 0 && { annotations }), namespace };
}

/** Lets a webhook decide which images may run. Answers are remembered for a while. */
export function imagePolicyWebhook(options: { readonly clock: Clock; readonly imageReviewer?: ImageReviewer; readonly settings: ImagePolicySettings }): AdmissionPlugin {
  const { clock, imageReviewer, settings } = options;
  if (imageReviewer === undefined) throw new ConfigurationError('not supported: ImagePolicyWebhook in a process that cannot reach webhooks');
  const remembered = new Map<string, { readonly status: ImageReviewStatus; readonly untilMs: number }>();

  const ask = async (spec: ImageReviewSpec): Promise<ImageReviewStatus> => {
    for (let attempt = 1, waitMs = settings.retryBackoffMs; ; attempt++, waitMs *= 1.5) {
      try {
        return await imageReviewer(settings.kubeConfigFile, { apiVersion: 'imagepolicy.k8s.io/v1alpha1', kind: 'ImageReview', spec });
      } catch (error) {
        if (attempt >= maxTries) throw error;
        await clock.sleep(waitMs);
      }
    }
  };
  const remember = (key: string, status: ImageReviewStatus): void => {
    remembered.delete(key);
    remembered.set(key, { status, untilMs: clock.now() + (status.allowed ? settings.allowTtlMs : settings.denyTtlMs) });
    if (remembered.size > maxRemembered) remembered.delete(remembered.keys().next().value!);
  };
  const decide = (attributes: AdmissionAttributes, { allowed, reason = '', auditAnnotations = {} }: ImageReviewStatus): void => {
    for (const [key, value] of Object.entries(auditAnnotations)) attributes.annotate?.(`imagepolicywebhook.image-policy.k8s.io/${key}`, value);
    if (!allowed) throw refusal(attributes, reason === '' ? 'one or more images rejected by webhook backend' : `image policy webhook backend denied one or more images: ${reason}`);
  };
  const review = async (attributes: AdmissionAttributes, key: string, spec: ImageReviewSpec): Promise<void> => {
    let status: ImageReviewStatus;
    try {
      status = await ask(spec);
    } catch (error) {
      if (settings.defaultAllow) {
        attributes.annotate?.('alpha.image-policy.k8s.io/failed-open', 'true');
        return;
      }
      throw refusal(attributes, error instanceof Error ? error.message : String(error));
    }
    remember(key, status);
    decide(attributes, status);
  };
  const isConcerned = concernedBy(['CREATE', 'UPDATE'], pods);
  return {
    name: 'ImagePolicyWebhook',
    handles: (scope) => isConcerned(scope) || (scope.operation === 'UPDATE' && scope.group === pods.group && scope.resource === pods.resource && scope.subresource === 'ephemeralcontainers'),
    validate(attributes) {
      const spec = reviewOf(attributes);
      const key = JSON.stringify(spec);
      const known = remembered.get(key);
      if (known !== undefined && known.untilMs > clock.now()) return decide(attributes, known.status);
      return review(attributes, key, spec);
    },
  };
}
