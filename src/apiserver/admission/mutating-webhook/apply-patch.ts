import { decodeJson } from '../../../api/codec/json.ts';
import { semanticEqual } from '../../../api/meta/equal.ts';
import { applyJsonPatch } from '../../../api/patch/json-patch.ts';
import { internalError } from '../../../api/status.ts';
import type { ReviewAnswer } from '../common/admission-review.ts';
import type { WebhookCall } from '../common/call-webhook.ts';
import { CallFailure } from '../common/call-webhook.ts';
import { decodeVersioned, inVersion, replaceObject } from '../common/versioned.ts';

/**
 * Applies what a webhook wants changed to the request's object, with defaults filled in anew. `applied` is told the
 * patch. Answers whether it changed anything. Throws CallFailure for what is no patch, and InternalError for one that
 * does not fit.
 */
export async function applyWebhookPatch({ webhook, target, attributes }: WebhookCall, { patch: text, patchType }: ReviewAnswer, applied: (patch: unknown) => void): Promise<boolean> {
  if (text === undefined) return false;
  const patch = readPatch(text, (reason) => new CallFailure(webhook, `received undecodable patch in webhook response: ${reason}`, { code: 503 }));
  if (patch.length === 0) return false;
  if (attributes.object === undefined) throw internalError(new Error(`admission webhook ${JSON.stringify(webhook.name)} attempted to modify the object, which is not supported for this operation`));
  if (patchType !== 'JSONPatch') throw new CallFailure(webhook, `unsupported patch type ${JSON.stringify(patchType)}`, { code: 400 });
  const { object: before } = await inVersion(attributes, target);
  let document: unknown;
  try {
    document = applyJsonPatch(before, patch, { explain: true, negativeIndexes: true });
    if (typeof document !== 'object' || document === null || Array.isArray(document)) throw new Error(`couldn't get version/kind; json parse error: the patch leaves no object`);
  } catch (error) {
    throw internalError(error);
  }
  const changed = !semanticEqual(before, decodeVersioned(structuredClone(document), target));
  applied(patch);
  await replaceObject(attributes, target, document);
  return changed;
}

function readPatch(text: string, refuse: (reason: string) => CallFailure): unknown[] {
  let value: unknown;
  try {
    ({ value } = decodeJson(text));
  } catch (error) {
    throw refuse((error as Error).message);
  }
  if (value === null) return [];
  if (!Array.isArray(value)) throw refuse(`json: cannot unmarshal ${typeof value} into Go value of type jsonpatch.Patch`);
  return value;
}
