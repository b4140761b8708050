import type { Status } from '../../../api/types/meta/v1.ts';
import { ApiError, badRequestError, internalError } from '../../../api/status.ts';
import type { Random } from '../../../base/random.ts';
import type { WebhookClient } from '../../webhooks/webhook-client.ts';
import type { WebhookIdentities } from '../../webhooks/webhook-identities.ts';
import type { AdmissionAttributes, AdmittedRequest } from '../admission.ts';
import type { ReviewAnswer } from './admission-review.ts';
import { admissionRequest, decodeReview, reviewOf, reviewVersion, verifyReview } from './admission-review.ts';
import type { Target } from './target.ts';
import { inVersion } from './versioned.ts';
import type { CompiledWebhook } from './webhook.ts';

export interface CallParts {
  readonly webhooks: WebhookClient;
  readonly random: Random;
  /** Whom webhooks are shown; nobody by default. */
  readonly identities?: WebhookIdentities;
}

/** One call that is about to be made. */
export interface WebhookCall {
  readonly webhook: CompiledWebhook;
  readonly target: Target;
  readonly attributes: AdmissionAttributes;
  readonly request: AdmittedRequest;
  readonly mutating: boolean;
}

/** A webhook could not be asked, or gave no answer that makes sense: its failure policy decides. `code` counts it. */
export class CallFailure extends Error {
  readonly code: number;

  constructor(webhook: CompiledWebhook, reason: string, options: { readonly code: number; readonly cause?: unknown }) {
    super(`failed calling webhook ${JSON.stringify(webhook.name)}: ${reason}`, { cause: options.cause });
    this.code = options.code;
  }

  /** What the client is told where the failure closes the door. */
  toApiError(): ApiError {
    return internalError(this);
  }
}

/** The webhook said no. */
export class Denial extends Error {
  readonly refusal: ApiError;

  constructor(refusal: ApiError) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/**
 * Asks a webhook. Its warnings and audit annotations are passed on. Throws Denial, CallFailure, and ApiError where the
 * request itself cannot be judged (a dry run that the webhook does not support).
 */
export async function callWebhook({ webhooks, random, identities }: CallParts, { webhook, target, attributes, request, mutating }: WebhookCall): Promise<ReviewAnswer> {
  const failure = (reason: string, code: number, cause?: unknown): CallFailure => new CallFailure(webhook, reason, { code, cause });
  if (attributes.dryRun && !webhook.dryRunSafe) throw badRequestError(`admission webhook ${JSON.stringify(webhook.name)} does not support dry run`);
  const version = reviewVersion(webhook.reviewVersions);
  if (version === undefined) throw failure('could not create admission objects: webhook does not accept known AdmissionReview versions (v1, v1beta1)', 400);
  const uid = random.uuid();
  const review = reviewOf(admissionRequest(attributes, request, target), await inVersion(attributes, target), { version, uid });
  let decoded;
  try {
    decoded = decodeReview(await webhooks.call(webhook.location, review, { timeoutMs: webhook.timeoutMs, signal: request.signal, identities }), version);
  } catch (error) {
    throw failure(`failed to call webhook: ${(error as Error).message}`, error instanceof ApiError ? error.code : 503, error);
  }
  let answer: ReviewAnswer;
  try {
    answer = verifyReview(decoded, { version, uid, mutating });
  } catch (error) {
    throw failure(`received invalid webhook response: ${(error as Error).message}`, 503, error);
  }
  for (const [key, value] of Object.entries(answer.auditAnnotations)) attributes.annotate?.(`${webhook.name}/${key}`, value);
  for (const warning of answer.warnings) attributes.warn(warning);
  if (!answer.allowed) throw new Denial(refusalOf(webhook, answer.status));
  return answer;
}

function refusalOf({ name }: CompiledWebhook, status: Status = { metadata: {} }): ApiError {
  const { message = '', reason = '', code = 0 } = status;
  const denied = `admission webhook ${JSON.stringify(name)} denied the request`;
  const text = message !== '' ? `${denied}: ${message}` : reason !== '' ? `${denied}: ${reason}` : `${denied} without explanation`;
  // What HTTP has no place for is a failure of the webhook's.
  return ApiError.fromStatus({ ...status, message: text, code: code > 999 ? 500 : Math.max(code, 400) });
}
