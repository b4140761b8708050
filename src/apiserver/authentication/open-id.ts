import type { PathHandler } from '../options.ts';
import type { ServiceAccountIssuer } from './service-account-issuer.ts';

/** Whether OpenID Connect Discovery allows an issuer to be called so. */
function isDiscoverable(issuer: string): boolean {
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined;
  return url?.protocol === 'https:' && url.search === '' && url.hash === '';
}

/**
 * The documents by which others learn to verify service-account tokens. `jwksUri` defaults to the issuer's own path, as
 * upstream does for an issuer that is not reachable from outside. None for an issuer that is not an https URL: upstream
 * serves none then.
 */
export function openIdPaths(issuer: ServiceAccountIssuer, options: { readonly jwksUri?: string } = {}): readonly PathHandler[] {
  if (!isDiscoverable(issuer.issuer)) return [];
  const keySet = issuer.keySet();
  const configuration = JSON.stringify({
    issuer: issuer.issuer,
    jwks_uri: options.jwksUri ?? `${issuer.issuer.replace(/\/$/, '')}/openid/v1/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [...new Set(keySet.keys.map((key) => key.alg))].sort(),
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
