import { gunzipSync } from 'node:zlib';
import type { Answer } from './connection.ts';

/** What upstream answers in plain text too: before there is a request, where there is no API, and when it sheds. */
const plainCodes: ReadonlySet<number> = new Set([400, 404, 405, 408, 417, 429, 431, 500]);
/** Failures of the server that are right, because upstream answers so. */
const rightFailures = [
  // Nobody is there to be reached, or the request contradicts itself.
  /^Internal error occurred: requested .* without impersonating a user$/s, /^Internal error occurred: error dialing backend/, /^no endpoints available for service/, /^Internal error occurred: address not allowed$/,
  /^resourceVersion should not be set on objects to be created$/, /^resourceVersion: Invalid value: /, /^failed to (create typed patch object|convert (new|live|patched) object) /,
  // Strategic merge patches that upstream's interpretStrategicMergePatchError does not translate.
  /^map: map\[.* does not contain declared merge key: /s, /^unknown patch type: .* in map: map\[/s, /^expected a \S+( \{\})?, but received a /, /^unable to find api field in struct /, /^merging an object in json but data type is not struct, instead is: /,
  /^list element types are not identical: /, /^no elements in any of the given slices$/, /^expected slice or array type, but got: /, /^The order in patch list:/, /^merging lists cannot yet be specified in the patch$/, /^cannot merge lists without merge key for /,
];

/** What is wrong with an answer; undefined when nothing is. */
export function problemWith({ code, headers, body: sent }: Answer): string | undefined {
  if (!Number.isInteger(code) || code < 200 || code > 599) return `no HTTP code: ${code}`;
  const type = headers.get('content-type') ?? '';
  if (code < 400) return undefined;
  // The answer to a HEAD has none.
  if (sent.length === 0 && Number(headers.get('content-length') ?? '0') > 0) return undefined;
  const body = headers.get('content-encoding') === 'gzip' ? gunzipSync(sent) : sent;
  if (!type.startsWith('application/json')) {
    if (type.startsWith('text/plain')) return plainCodes.has(code) ? undefined : `${code} in plain text: ${body.toString().slice(0, 200)}`;
    return /^application\/(yaml|cbor|vnd\.kubernetes\.protobuf|cbor-seq)/.test(type) ? undefined : `${code} as ${JSON.stringify(type)}: ${body.toString('latin1').slice(0, 200)}`;
  }
  if (body.length === 0) return undefined;
  let status: Record<string, unknown>;
  try {
    status = JSON.parse(body.toString()) as Record<string, unknown>;
  } catch {
    return `${code} with what is no JSON: ${body.toString().slice(0, 200)}`;
  }
  if (status['kind'] !== 'Status' || status['status'] !== 'Failure' || status['code'] !== code || typeof status['message'] !== 'string') return `${code} that is no Status: ${body.toString().slice(0, 300)}`;
  const message = status['message'];
  if (code === 500 && !rightFailures.some((pattern) => pattern.test(message))) return `500: ${message.slice(0, 300)}`;
  return undefined;
}
