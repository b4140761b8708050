import { ApiError } from '../../api/status.ts';
import type { Status } from '../../api/types/meta/v1.ts';
import type { WebhookAnswer } from './webhook-transport.ts';

/** So much of what a server says instead of an answer is repeated. */
const maxShownBytes = 2048;

const words: Readonly<Record<number, string>> = {
  400: 'the server rejected our request for an unknown reason',
  401: 'the server has asked for the client to provide credentials',
  404: 'the server could not find the requested resource',
  405: 'the server does not allow this method on the requested resource',
  409: 'the server reported a conflict',
  422: 'the server rejected our request due to an error in our request',
  429: 'the server has received too many requests and has asked us to try again later',
  503: 'the server is currently unable to handle the request',
  504: 'the server was unable to return a response in the time allotted, but may still be processing the request',
};

/** What went wrong where a server answers with a code that is no success, as client-go words it: its Status, should it send one. */
export function answerError({ code, contentType, body }: WebhookAnswer): Error {
  const status = statusIn(body);
  if (status !== undefined) return ApiError.fromStatus(status);
  const isText = contentType === '' || contentType.startsWith('text/');
  const shown = isText ? new TextDecoder().decode(body.subarray(0, maxShownBytes)).trim() : 'unknown';
  if (code === 403 || code === 415) return new Error(shown);
  if (code === 406) return new Error(shown === '' || shown === 'unknown' ? 'the server was unable to respond with a content type that the client supports' : shown);
  return new Error(words[code] ?? (code >= 500 ? `an error on the server (${JSON.stringify(shown)}) has prevented the request from succeeding` : `the server responded with the status code ${code} but did not return more information`));
}

function statusIn(body: Uint8Array): Status | undefined {
  // A Status is small: what is not is not read for one.
  if (body.length === 0 || body.length > 64 * 1024 || body[0] !== 0x7b) return undefined;
  try {
    const value = JSON.parse(new TextDecoder().decode(body)) as Status | null;
    return value?.kind === 'Status' && value.status !== 'Success' ? value : undefined;
  } catch {
    return undefined;
  }
}
