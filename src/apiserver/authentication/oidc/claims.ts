import { formatTime } from '../../../base/clock.ts';
import type { UserInfo } from '../authenticator.ts';
import { authenticated, credentialIdKey } from '../users.ts';
import type { JwtIssuer } from './configuration.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** A sentence that tells why a token is refused. */
export class ClaimError extends Error {}

const leewayMs = 60_000;
/** The last moment that a Date can hold. */
const maxTimeMs = 8.64e15;
const list = (names: readonly string[]): string => `[${names.map((one) => JSON.stringify(one)).join(' ')}]`;
/** A time as Go prints it. */
const shown = (epochMs: number): string => formatTime(Math.max(-maxTimeMs, Math.min(epochMs, maxTimeMs))).replace('T', ' ').replace('Z', ' +0000 UTC');
const kindOf = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value);

const audiencesOf = (claims: Claims): string[] => [claims.aud ?? []].flat().filter((one): one is string => typeof one === 'string');

/** Refuses a token that is for others, or not for now; in upstream's words and order. Throws ClaimError. */
export function checkStandardClaims(claims: Claims, issuer: JwtIssuer, nowMs: number): void {
  const audiences = audiencesOf(claims);
  const [only] = issuer.audiences;
  if (!issuer.audiences.some((one) => audiences.includes(one))) {
    throw new ClaimError(issuer.audiences.length === 1
      ? `oidc: verify token: oidc: expected audience ${JSON.stringify(only)} got ${list(audiences)}`
      : `oidc: verify token: oidc: expected audience in ${list([...issuer.audiences].sort())} got ${list(audiences)}`);
  }
  const expiresMs = typeof claims.exp === 'number' ? claims.exp * 1000 : 0;
  if (nowMs > expiresMs) throw new ClaimError(`oidc: verify token: oidc: token is expired (Token Expiry: ${shown(expiresMs)})`);
  if (typeof claims.nbf === 'number' && nowMs + leewayMs < claims.nbf * 1000) {
    throw new ClaimError(`oidc: verify token: oidc: current time ${shown(nowMs)} before the nbf (not before) time: ${shown(claims.nbf * 1000)}`);
  }
}

function text(claims: Claims, claim: string, what: string): string {
  if (!Object.hasOwn(claims, claim)) throw new ClaimError(`oidc: ${what}: claim not present`);
  const value = claims[claim];
  // Go decodes null into the empty string.
  if (value === null) return '';
  if (typeof value !== 'string') throw new ClaimError(`oidc: ${what}: json: cannot unmarshal ${kindOf(value)} into Go value of type string`);
  return value;
}

function userNameOf(claims: Claims, { claim, prefix }: JwtIssuer['username']): string {
  const name = text(claims, claim, `parse username claims ${JSON.stringify(claim)}`);
  if (claim === 'email' && Object.hasOwn(claims, 'email_verified')) {
    const verified = claims.email_verified;
    if (typeof verified !== 'boolean') throw new ClaimError(`oidc: parse 'email_verified' claim: json: cannot unmarshal ${kindOf(verified)} into Go value of type bool`);
    if (!verified) throw new ClaimError('oidc: email not verified');
  }
  return prefix + name;
}

function groupsOf(claims: Claims, groups: JwtIssuer['groups']): string[] {
  if (groups === undefined) return [];
  const { claim, prefix } = groups;
  if (!Object.hasOwn(claims, claim)) {
    if (isDistributed(claims, claim)) throw new ClaimError(`oidc: could not expand distributed claims: not supported: distributed claims (${JSON.stringify(claim)} is one)`);
    return [];
  }
  const value = claims[claim];
  if (value === null) return [];
  const given = typeof value === 'string' ? [value] : value;
  if (!Array.isArray(given) || given.some((one) => typeof one !== 'string')) {
    throw new ClaimError(`oidc: parse groups claim ${JSON.stringify(claim)}: json: cannot unmarshal ${kindOf(value)} into Go value of type string`);
  }
  return (given as string[]).map((group) => prefix + group);
}

/** Whether the issuer says that a claim must be asked for elsewhere (OpenID Connect Core 1.0, 5.6.2). */
function isDistributed(claims: Claims, claim: string): boolean {
  const names = claims._claim_names;
  return typeof names === 'object' && names !== null && Object.hasOwn(names, claim);
}

/** The user that verified claims are. Throws ClaimError for claims that are missing, or not what they must be. */
export function userOfClaims(claims: Claims, issuer: JwtIssuer): UserInfo {
  const name = userNameOf(claims, issuer.username);
  const groups = groupsOf(claims, issuer.groups);
  const uid = issuer.uidClaim === undefined ? '' : text(claims, issuer.uidClaim, `parse uid claim ${JSON.stringify(issuer.uidClaim)}`);
  for (const [claim, value] of Object.entries(issuer.requiredClaims)) {
    if (!Object.hasOwn(claims, claim)) throw new ClaimError(`oidc: required claim ${claim} not present in ID token`);
    const actual = text(claims, claim, `parse claim ${claim}`);
    if (actual !== value) throw new ClaimError(`oidc: required claim ${claim} value does not match. Got = ${actual}, want = ${value}`);
  }
  const id = claims.jti;
  return authenticated({ name, groups, ...(uid !== '' && { uid }), ...(typeof id === 'string' && id !== '' && { extra: { [credentialIdKey]: [`JTI=${id}`] } }) });
}
