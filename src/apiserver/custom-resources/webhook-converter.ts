import { parseExactly } from '../../api/codec/exact-integers.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { ApiError } from '../../api/status.ts';
import type { WebhookConversion } from '../../api/types/apiextensions/v1.ts';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { ConversionFailure, ConversionMetrics } from '../metrics/conversions.ts';
import type { WebhookClient } from '../webhooks/webhook-client.ts';
import { ConversionProblem, restoreMetadata } from './converted-object.ts';

const timeoutMs = 30_000;
/** One question asks for so many objects at most, and for no more text than this unless one object alone is larger. */
const maxObjects = 500;
const maxTextLength = 4 * 1024 * 1024;

export interface ConverterParts {
  readonly webhooks: WebhookClient;
  readonly random: Random;
  readonly clock: Clock;
  readonly conversionMetrics: ConversionMetrics;
}

interface ConversionReview {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly response?: { readonly uid?: string; readonly convertedObjects?: readonly unknown[]; readonly result?: { readonly status?: string; readonly message?: string } };
}

/** `example.com/v1, Kind=Widget`, as messages name what was to be converted. */
const shownKind = ({ apiVersion = '', kind = '' }: KubeObject): string => `${apiVersion}, Kind=${kind}`;

/**
 * Converts objects of one resource by asking its webhook, many at a time. None of the objects may be of the wanted
 * version already; they stay as they are. Rejects with ApiError, in upstream's words, when the webhook cannot be
 * reached, takes too long, or answers something that is none of the objects.
 */
export async function convertByWebhook(parts: ConverterParts, { definition, webhook }: { readonly definition: string; readonly webhook: WebhookConversion }, objects: readonly KubeObject[], apiVersion: string): Promise<KubeObject[]> {
  const { clock, conversionMetrics } = parts;
  const startedMs = clock.monotonicMs();
  const observe = (succeeded: boolean): void => conversionMetrics.conversion({ definition, from: versionOf(objects[0]?.apiVersion ?? ''), to: versionOf(apiVersion), succeeded, durationMs: clock.monotonicMs() - startedMs });
  const converted: KubeObject[] = [];
  try {
    for (const batch of batchesOf(objects)) converted.push(...(await convertBatch(parts, webhook, batch, apiVersion)));
  } catch (error) {
    observe(false);
    throw error;
  }
  observe(true);
  return converted;
}

const versionOf = (apiVersion: string): string => apiVersion.slice(apiVersion.indexOf('/') + 1);

function* batchesOf(objects: readonly KubeObject[]): Iterable<readonly KubeObject[]> {
  let batch: KubeObject[] = [];
  let length = 0;
  for (const object of objects) {
    const size = JSON.stringify(object).length;
    if (batch.length > 0 && (batch.length >= maxObjects || length + size > maxTextLength)) {
      yield batch;
      batch = [];
      length = 0;
    }
    batch.push(object);
    length += size;
  }
  if (batch.length > 0) yield batch;
}

async function convertBatch({ webhooks, random, clock, conversionMetrics }: ConverterParts, { clientConfig = {}, conversionReviewVersions }: WebhookConversion, objects: readonly KubeObject[], apiVersion: string): Promise<KubeObject[]> {
  const shown = shownKind(objects[0]!);
  const startedMs = clock.monotonicMs();
  const observe = (failure: ConversionFailure): void => conversionMetrics.call(failure, clock.monotonicMs() - startedMs);
  const fail = (failure: ConversionFailure, detail: string, cause?: unknown): ApiError => {
    observe(failure);
    return new ApiError('', `conversion webhook for ${shown} ${detail}`, { cause });
  };
  const reviewVersion = conversionReviewVersions.find((version) => version === 'v1' || version === 'v1beta1');
  if (reviewVersion === undefined) throw new ApiError('', 'no supported conversion review versions');
  const uid = random.uuid();
  const review = { kind: 'ConversionReview', apiVersion: `apiextensions.k8s.io/${reviewVersion}`, request: { uid, desiredAPIVersion: apiVersion, objects } };
  let answer: readonly unknown[];
  let failure: ConversionFailure = 'conversion_webhook_call_failure';
  try {
    const bytes = await webhooks.call(clientConfig, review, { timeoutMs });
    failure = 'conversion_webhook_malformed_response_failure';
    answer = readAnswer(bytes, { uid, reviewVersion });
  } catch (error) {
    throw fail(failure, `failed: ${error instanceof Error ? error.message : String(error)}`, error);
  }
  if (answer.length !== objects.length) throw fail('conversion_webhook_partial_response_failure', `returned ${answer.length} objects, expected ${objects.length}`);
  const restored = answer.map((converted, i) => {
    try {
      return restoreMetadata(objects[i]!, converted, apiVersion);
    } catch (error) {
      if (!(error instanceof ConversionProblem)) throw error;
      const where = objects.length > 1 ? ` in object at index ${i}` : '';
      throw fail('conversion_webhook_invalid_converted_object_failure', error.inMetadata ? `returned invalid metadata${where}: ${error.message}` : `returned invalid ${objects.length > 1 ? `converted object at index ${i}` : 'object'}: ${error.message}`);
    }
  });
  observe('');
  return restored;
}

/** The objects of an answer. Throws Error where it is none, or a refusal. */
function readAnswer(bytes: Uint8Array, expected: { readonly uid: string; readonly reviewVersion: string }): readonly unknown[] {
  const review = parseExactly(new TextDecoder().decode(bytes)) as ConversionReview | null;
  const strict = expected.reviewVersion === 'v1';
  if (strict && (review?.kind !== 'ConversionReview' || review.apiVersion !== 'apiextensions.k8s.io/v1')) {
    throw new Error(`expected webhook response of apiextensions.k8s.io/v1, Kind=ConversionReview, got ${review?.apiVersion ?? ''}, Kind=${review?.kind ?? ''}`);
  }
  const response = review?.response;
  if (response === undefined || response === null) throw new Error('no response provided');
  if (strict && response.uid !== expected.uid) throw new Error(`expected response.uid=${JSON.stringify(expected.uid)}, got ${JSON.stringify(response.uid ?? '')}`);
  const { status = '', message = '' } = response.result ?? {};
  if (status !== 'Success') throw new Error(message !== '' ? message : `response.result.status was '${status}', not 'Success'`);
  return Array.isArray(response.convertedObjects) ? response.convertedObjects : [];
}
