import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAuthenticationConfiguration } from './configuration.ts';

const head = { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthenticationConfiguration' };
const issuer = { url: 'https://issuer.example.com', audiences: ['app'] };
const claimMappings = { username: { claim: 'sub', prefix: '' } };
const read = (file: object): ReturnType<typeof readAuthenticationConfiguration> => readAuthenticationConfiguration(JSON.stringify({ ...head, ...file }), ['https://own']);

test('a configuration file names issuers and says who is anonymous', async () => {
  const text = `
apiVersion: apiserver.config.k8s.io/v1beta1
kind: AuthenticationConfiguration
jwt:
- issuer:
    url: https://one.example.com
    discoveryURL: https://two.example.com/discovery
    audiences: [a, b]
    audienceMatchPolicy: MatchAny
  claimValidationRules:
  - claim: hd
    requiredValue: example.com
  claimMappings:
    username: {claim: email, prefix: 'oidc:'}
    groups: {claim: roles, prefix: ''}
    uid: {claim: oid}
- issuer: {url: https://three.example.com, audiences: [c]}
  claimMappings: {username: {claim: sub, prefix: ''}, groups: null}
anonymous:
  enabled: true
  conditions:
  - path: /livez
`;
  assert.deepEqual(await readAuthenticationConfiguration(text, []), {
    jwt: [
      { url: 'https://one.example.com', discoveryUrl: 'https://two.example.com/discovery', audiences: ['a', 'b'], username: { claim: 'email', prefix: 'oidc:' }, groups: { claim: 'roles', prefix: '' }, uidClaim: 'oid', requiredClaims: { hd: 'example.com' } },
      { url: 'https://three.example.com', audiences: ['c'], username: { claim: 'sub', prefix: '' }, requiredClaims: {} },
    ],
    anonymous: { enabled: true, paths: ['/livez'] },
  });
  assert.deepEqual(await read({}), { jwt: [] });
});

test('what is wrong with it is told in upstream\'s words, all at once', async () => {
  const jwt = (change: object): object => ({ jwt: [{ issuer, claimMappings, ...change }] });
  const invalid = (...errors: string[]): string => `invalid authentication configuration: ${errors.length === 1 ? errors[0] : `[${errors.join(', ')}]`}`;
  const cases: readonly [object, string][] = [
    [{ kind: 'X' }, 'wants kind AuthenticationConfiguration of apiserver.config.k8s.io/v1 or apiserver.config.k8s.io/v1beta1 or apiserver.config.k8s.io/v1alpha1, not kind "X" of "apiserver.config.k8s.io/v1"'],
    [{ jwts: [] }, 'strict decoding error: unknown field "jwts"'],
    [jwt({ issuer: { ...issuer, urls: [] } }), 'strict decoding error: unknown field "jwt[0].issuer.urls"'],
    [{ jwt: {} }, 'jwt: wants a list, not a map'],
    [jwt({ issuer: { ...issuer, url: 1 } }), 'jwt[0].issuer.url: wants a string, not a number'],
    [jwt({ issuer: {} }), invalid('jwt[0].issuer.url: Required value', 'jwt[0].issuer.audiences: Required value: at least one jwt[0].issuer.audiences is required')],
    [jwt({ issuer: { ...issuer, url: 'http://u:p@h?q#f' } }), invalid('jwt[0].issuer.url: Invalid value: "http://u:p@h?q#f": URL scheme must be https', 'jwt[0].issuer.url: Invalid value: "http://u:p@h?q#f": URL must not contain a username or password', 'jwt[0].issuer.url: Invalid value: "http://u:p@h?q#f": URL must not contain a query', 'jwt[0].issuer.url: Invalid value: "http://u:p@h?q#f": URL must not contain a fragment')],
    [jwt({ issuer: { ...issuer, url: 'https://own' } }), invalid('jwt[0].issuer.url: Invalid value: "https://own": URL must not overlap with disallowed issuers: [https://own]')],
    [jwt({ issuer: { ...issuer, discoveryURL: 'https://issuer.example.com/' } }), invalid('jwt[0].issuer.discoveryURL: Invalid value: "https://issuer.example.com/": discoveryURL must be different from URL')],
    [jwt({ issuer: { ...issuer, audiences: ['a', 'a', ''] } }), invalid('jwt[0].issuer.audiences[1]: Duplicate value: "a"', 'jwt[0].issuer.audiences[2]: Required value', 'jwt[0].issuer.audienceMatchPolicy: Invalid value: "": audienceMatchPolicy must be MatchAny for multiple audiences')],
    [jwt({ issuer: { ...issuer, audienceMatchPolicy: 'All' } }), invalid('jwt[0].issuer.audienceMatchPolicy: Invalid value: "All": audienceMatchPolicy must be empty or MatchAny for single audience')],
    [jwt({ issuer: { ...issuer, certificateAuthority: 'x' } }), invalid('jwt[0].issuer.certificateAuthority: Invalid value: "<omitted>": data does not contain any valid RSA or ECDSA certificates')],
    [jwt({ issuer: { ...issuer, egressSelectorType: 'cluster' } }), invalid('jwt[0].issuer.egressSelectorType: Forbidden: not supported: egress selection')],
    [jwt({ claimMappings: {} }), invalid('jwt[0].claimMappings.username: Required value: claim or expression is required')],
    [jwt({ claimMappings: { username: { claim: 'sub' } } }), invalid('jwt[0].claimMappings.username.prefix: Required value: prefix is required when claim is set. It can be set to an empty string to disable prefixing')],
    [jwt({ claimMappings: { username: { expression: 'claims.sub' } } }), invalid('jwt[0].claimMappings.username.expression: Forbidden: not supported: CEL expressions in an AuthenticationConfiguration')],
    [jwt({ claimMappings: { ...claimMappings, extra: [{ key: 'a/b', valueExpression: 'claims.x' }] } }), invalid('jwt[0].claimMappings.extra[0].valueExpression: Forbidden: not supported: CEL expressions in an AuthenticationConfiguration')],
    [jwt({ claimMappings: { ...claimMappings, uid: { claim: 'a', expression: 'b' } } }), invalid('jwt[0].claimMappings.uid: Invalid value: "": claim and expression can\'t both be set')],
    [jwt({ claimValidationRules: [{}, { claim: 'a', message: 'm' }, { claim: 'a' }] }), invalid('jwt[0].claimValidationRules[0]: Required value: claim or expression is required', 'jwt[0].claimValidationRules[1].message: Invalid value: "m": may not be specified when claim is set', 'jwt[0].claimValidationRules[2].claim: Duplicate value: "a"')],
    [{ jwt: [{ issuer, claimMappings }, { issuer, claimMappings }] }, invalid('jwt[1].issuer.url: Duplicate value: "https://issuer.example.com"')],
    [{ anonymous: { enabled: false, conditions: [{ path: '/x' }] } }, invalid('anonymous.conditions: Invalid value: [{"path":"/x"}]: enabled should be set to true when conditions are defined')],
  ];
  for (const [file, message] of cases) await assert.rejects(read(file), { message });
});
