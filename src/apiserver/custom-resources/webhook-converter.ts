import type { KubeObject } from '../../api/meta/object.ts';
import { ApiError } from '../../api/status.ts';
import type { WebhookConversion } from '../../api/types/apiextensions/v1.ts';
import type { Random } from '../../base/random.ts';
import type { WebhookClient } from '../webhooks/webhook-client.ts';
import { ConversionProblem, restoreMetadata } from './converted-object.ts';

const timeoutMs = 30_000;
/** One question asks for so many objects at most, and for no more text than this unless one object alone is larger. */
const maxObjects = 500;
const maxTextLength = 4 * 1024 * 1024;

export interface ConverterParts {
  readonly webhooks: WebhookClient;
  readonly random: Random;
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
export async function convertByWebhook(parts: ConverterParts, webhook: WebhookConversion, objects: readonly KubeObject[], apiVersion: string): Promise<KubeObject[]> {
  const converted: KubeObject[] = [];
  for (const batch of batchesOf(objects)) converted.push(...(await convertBatch(parts, webhook, batch, apiVersion)));
  return converted;
}

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

async function convertBatch({ webhooks, random }: ConverterParts, { clientConfig = {}, conversionReviewVersions }: WebhookConversion, objects: readonly KubeObject[], apiVersion: string): Promise<KubeObject[]> {
  const shown = shownKind(objects[0]!);
  const fail = (detail: string, cause?: unknown): ApiError => new ApiError('', `conversion webhook for ${shown} ${detail}`, { cause });
  const reviewVersion = conversionReviewVersions.find((version) => version === 'v1' || version === 'v1beta1');
  if (reviewVersion === undefined) throw new ApiError('', 'no supported conversion review versions');
  const uid = random.uuid();
  const review = { kind: 'ConversionReview', apiVersion: `apiextensions.k8s.io/${reviewVersion}`, request: { uid, desiredAPIVersion: apiVersion, objects } };
  let answer: readonly unknown[];
  try {
    answer = readAnswer(await webhooks.call(clientConfig, review, { timeoutMs }), { uid, reviewVersion });
  } catch (error) {
    throw fail(`failed: ${error instanceof Error ? error.message : String(error)}`, error);
  }
  if (answer.length !== objects.length) throw fail(`returned ${answer.length} objects, expected ${objects.length}`);
  return answer.map((converted, i) => {
    try {
      return restoreMetadata(objects[i]!, converted, apiVersion);
    } catch (error) {
      if (!(error instanceof ConversionProblem)) throw error;
      const where = objects.length > 1 ? ` in object at index ${i}` : '';
      throw error.inMetadata ? fail(`returned invalid metadata${where}: ${error.message}`) : fail(`returned invalid ${objects.length > 1 ? `converted object at index ${i}` : 'object'}: ${error.message}`);
    }
  });
}

/** The objects of an answer. Throws Error where it is none, or a refusal. */
function readAnswer(bytes: Uint8Array, expected: { readonly uid: string; readonly reviewVersion: string }): readonly unknown[] {
  const review = JSON.parse(new TextDecoder().decode(bytes)) as ConversionReview | null;
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
