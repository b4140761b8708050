import { nameOf } from '../../api/meta/object.ts';
import { parseTime } from '../../api/meta/time.ts';
import type { Secret } from '../../api/types/core/v1.ts';

export const tokenNamespace = 'kube-system';
export const tokenType = 'bootstrap.kubernetes.io/token';
const secretName = /^bootstrap-token-([a-z0-9]{6})$/;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

const textOf = ({ data }: Secret, key: string): string => decoder.decode(Uint8Array.from(atob(data?.[key] ?? ''), (char) => char.charCodeAt(0)));

/** Milliseconds for which the token is still good; infinity for one without an end, 0 for one that is over or says nonsense. */
export function lifetimeMs(secret: Secret, nowMs: number): number {
  const expiration = textOf(secret, 'expiration');
  if (expiration === '') return Infinity;
  return Math.max(0, (parseTime(expiration) ?? -Infinity) - nowMs);
}

/** The token that the secret holds, if it may sign. */
export function signingToken(secret: Secret, nowMs: number): { readonly id: string; readonly secret: string } | undefined {
  const id = textOf(secret, 'token-id');
  const token = textOf(secret, 'token-secret');
  if (id === '' || secretName.exec(nameOf(secret))?.[1] !== id || token === '' || lifetimeMs(secret, nowMs) === 0) return undefined;
  return textOf(secret, 'usage-bootstrap-signing') === 'true' ? { id, secret: token } : undefined;
}

const base64Url = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');

/** A JWS (HS256) over the content, without the content in it: whoever knows the token can tell that the content is right. */
export async function detachedSignature(content: string, token: { readonly id: string; readonly secret: string }): Promise<string> {
  const header = base64Url(encoder.encode(JSON.stringify({ alg: 'HS256', kid: token.id })));
  const key = await crypto.subtle.importKey('raw', encoder.encode(token.secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const signature = await crypto.subtle.sign('HMAC', key, encoder.encode(`${header}.${base64Url(encoder.encode(content))}`));
  return `${header}..${base64Url(new Uint8Array(signature))}`;
}
