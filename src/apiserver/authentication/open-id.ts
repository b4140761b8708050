import type { PathHandler } from '../options.ts';
import type { ServiceAccountIssuer } from './service-account-issuer.ts';

/**
 * The documents by which others learn to verify service-account tokens. `jwksUri` defaults to the issuer's own path, as
 * upstream does for an issuer that is not reachable from outside.
 */
export function openIdPaths(issuer: ServiceAccountIssuer, options: { readonly jwksUri?: string } = {}): readonly PathHandler[] {
  const keySet = issuer.keySet() as { readonly keys: readonly { readonly alg: string }[] };
  const configuration = JSON.stringify({
    issuer: issuer.issuer,
    jwks_uri: options.jwksUri ?? `${issuer.issuer.replace(/\/$/, '')}/openid/v1/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [...new Set(keySet.keys.map((key) => key.alg))],
  });
  const serve = (path: string, contentType: string, body: string): PathHandler => ({
    path,
    handle: () => ({ kind: 'raw', code: 200, contentType, body, headers: { 'cache-control': 'public, max-age=3600' } }),
  });
  return [
    serve('/.well-known/openid-configuration', 'application/json', configuration),
    serve('/openid/v1/jwks', 'application/jwk-set+json', JSON.stringify(keySet)),
  ];
}
