// What @peculiar/x509 is built with asks for it, and it must come first.
import 'reflect-metadata';
import { BasicConstraintsExtension, Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509';
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { test } from 'node:test';
import { formatTime } from '../../../base/clock.ts';
import { context, kindOf } from '../testing/kind.ts';
import type { Fields } from '../testing/kind.ts';
import { certificateSigningRequestDefinition, clusterTrustBundleDefinition, podCertificateRequestDefinition } from './certificates.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const pkcs10 = await Pkcs10CertificateRequestGenerator.create({ name: 'CN=someone', keys, signingAlgorithm: algorithm });
const pem = `${pkcs10.toString('pem')}\n`;

async function certificate(options: { readonly ca?: boolean; readonly hours?: number; readonly dns?: string } = {}): Promise<string> {
  const { ca = false, hours = 2, dns = 'a.b' } = options;
  const made = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=someone', keys, signingAlgorithm: algorithm, serialNumber: '01', notBefore: new Date(context.nowMs), notAfter: new Date(context.nowMs + hours * 3_600_000),
    extensions: [new BasicConstraintsExtension(ca, undefined, true), new SubjectAlternativeNameExtension([{ type: 'dns', value: dns }])],
  });
  return `${made.toString('pem')}\n`;
}
const leaf = await certificate();
const authority = await certificate({ ca: true });

const csr = kindOf(certificateSigningRequestDefinition);
const spec = (fields: Fields = {}): Fields => ({ spec: { request: base64(pem), signerName: 'example.com/s', usages: ['client auth'], ...fields } });
const approved = { type: 'Approved', status: 'True', reason: 'r' };
const denied = { type: 'Denied', status: 'True' };
const withStatus = (status: Fields): Fields => ({ ...spec(), status });
const conditions = (...list: Fields[]): Fields => withStatus({ conditions: list });

const label = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

const rows: readonly (readonly [name: string, fields: Fields, ...errors: string[]])[] = [
  ['a good one', spec()],
  ['nothing', { spec: {} }, 'spec.request: Invalid value: null: PEM block type must be CERTIFICATE REQUEST', 'spec.usages: Required value', 'spec.signerName: Required value'],
  ['another block', spec({ request: base64(leaf) }), `spec.request: Invalid value: "${base64(leaf)}": PEM block type must be CERTIFICATE REQUEST`],
  ['no DER', spec({ request: base64('-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n') }), 'spec.request: Invalid value: "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUFBPQotLS0tLUVORCBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K": asn1: syntax error: sequence truncated'],
  ['usages', spec({ usages: ['x', 'any', 'any'] }), 'spec.usages[0]: Unsupported value: "x": supported values: "any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment", "decipher only", "digital signature", "email protection", "encipher only", "ipsec end system", "ipsec tunnel", "ipsec user", "key agreement", "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime", "server auth", "signing", "timestamping"', 'spec.usages[2]: Duplicate value: "any"'],
  ['the legacy signer', spec({ signerName: 'kubernetes.io/legacy-unknown' }), 'spec.signerName: Invalid value: "kubernetes.io/legacy-unknown": the legacy signerName is not allowed via this API version'],
  ['no domain', spec({ signerName: 'x' }), `spec.signerName: Invalid value: "x": must be a fully qualified domain and path of the form 'example.com/signer-name'`],
  ['a bad domain', spec({ signerName: 'A/b' }), `spec.signerName: Invalid value: "A": validating label "A": ${label}`, 'spec.signerName: Invalid value: "A": should be a domain with at least two segments separated by dots'],
  ['too short a life', spec({ expirationSeconds: 599 }), 'spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 600 seconds (10 minutes)'],
];
for (const [name, fields, ...expected] of rows) test(`signing request: ${name}`, () => assert.deepEqual(csr.errors(fields), expected));

test('signing request: who asks is who asks', () => {
  const object = csr.make({ ...spec({ username: 'root', groups: ['system:masters'], uid: '1', extra: {} }), status: { conditions: [approved] } });
  assert.deepEqual([object.spec.username, object.spec.groups, object.spec.uid, object.spec.extra, object.status], [undefined, undefined, undefined, undefined, {}]);
  certificateSigningRequestDefinition.prepareForCreate!(object, { ...context, user: { name: 'u', groups: ['g'], extra: { k: ['v'] } } });
  assert.deepEqual([object.spec.username, object.spec.groups, object.spec.extra], ['u', ['g'], { k: ['v'] }]);
});

test('signing request: only approval approves', () => {
  assert.deepEqual(csr.update(spec(), conditions(approved), 'approval'), []);
  assert.deepEqual(csr.update(spec(), conditions(approved), 'status'), ['status.conditions: Forbidden: updates may not add a condition of type "Approved"']);
  assert.deepEqual(csr.update(conditions(approved), spec(), 'approval'), ['status.conditions: Forbidden: updates may not remove a condition of type "Approved"']);
  assert.deepEqual(csr.update(spec(), conditions(approved, denied), 'approval'), ['status.conditions: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive']);
  assert.deepEqual(csr.update(spec(), conditions({ type: 'Denied', status: 'False' }, { type: '' }, { type: 'x', status: 'y' }, { type: 'x', status: 'True' }), 'approval'), [
    'status.conditions[0].status: Unsupported value: "False": supported values: "True"', 'status.conditions[1].type: Required value', 'status.conditions[1].status: Required value',
    'status.conditions[2].status: Unsupported value: "y": supported values: "False", "True", "Unknown"', 'status.conditions[3].type: Duplicate value: "x"',
  ]);
  // Reasons that come through the status endpoint are put back.
  const kept = csr.updated(conditions(approved), conditions({ ...approved, reason: 'other' }), 'status');
  assert.equal(kept.status?.conditions?.[0]?.reason, 'r');
  const timed = csr.updated(spec(), { spec: {}, status: { conditions: [approved], certificate: base64(leaf) } }, 'approval');
  assert.deepEqual([timed.status, timed.spec.signerName], [{ conditions: [{ ...approved, lastUpdateTime: formatTime(context.nowMs), lastTransitionTime: formatTime(context.nowMs) }] }, 'example.com/s']);
});

test('signing request: certificates', () => {
  const issued = (text: string): Fields => withStatus({ certificate: base64(text) });
  assert.deepEqual(csr.update(spec(), issued(`${leaf}${authority}`), 'status'), []);
  assert.deepEqual(csr.update(spec(), issued('x'), 'status'), ['status.certificate: Invalid value: "<certificate data>": must contain at least one CERTIFICATE PEM block']);
  assert.deepEqual(csr.update(spec(), issued(pem), 'status'), ['status.certificate: Invalid value: "<certificate data>": only CERTIFICATE PEM blocks are allowed, found "CERTIFICATE REQUEST"']);
  assert.deepEqual(csr.update(spec(), issued(leaf.replace('-----\n', '-----\na: b\n\n')), 'status'), ['status.certificate: Invalid value: "<certificate data>": no PEM block headers are permitted']);
  assert.deepEqual(csr.update(issued(leaf), issued(authority), 'status'), ['status.certificate: Forbidden: updates may not modify existing certificate content']);
  assert.deepEqual(csr.cells({ ...spec({ username: 'u', expirationSeconds: 3600 }), status: { conditions: [approved], certificate: base64(leaf) } }), ['a', '60m', 'example.com/s', 'u', '60m', 'Approved,Issued']);
});

const bundle = kindOf(clusterTrustBundleDefinition);
const trust = (trustBundle: string, signerName = '', name = 'a'): Fields => ({ metadata: { name }, spec: { trustBundle, ...(signerName !== '' && { signerName }) } });

test('trust bundles', () => {
  const at = 'spec.trustBundle: Invalid value: "<value omitted>":';
  const table: readonly (readonly [Fields, ...string[]])[] = [
    [trust(authority)],
    [trust(authority, 'example.com/s', 'example.com:s:a')],
    [trust(authority, 'example.com/s'), 'metadata.name: Invalid value: "a": ClusterTrustBundle for signerName example.com/s must be named with prefix example.com:s:'],
    [trust(authority, '', 'a:b'), 'metadata.name: Invalid value: "a:b": ClusterTrustBundle without signer name must not have ":" in its name'],
    [trust(''), `${at} at least one trust anchor must be provided`],
    [trust(`${leaf}${pem}${authority}`), `${at} entry 0 does not have the CA bit set`, `${at} entry 1 has bad block type: CERTIFICATE REQUEST`],
    [trust(`${authority}${authority}`), `${at} duplicate trust anchor (indices [0 1])`],
    [trust('-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n'), `${at} entry 0 does not parse as X.509`],
  ];
  for (const [fields, ...expected] of table) assert.deepEqual(bundle.errors(fields), expected);
  assert.deepEqual(bundle.update(trust('old nonsense'), trust('old nonsense')), []);
  assert.deepEqual(bundle.update(trust(authority, 'example.com/s', 'example.com:s:a'), trust(authority, 'example.com/t', 'example.com:t:a')), ['spec.signerName: Invalid value: "example.com/t": field is immutable']);
});

const pcr = kindOf(podCertificateRequestDefinition);
const stub = Buffer.from(pkcs10.rawData).toString('base64');
const names = { signerName: 'example.com/s', podName: 'p', podUID: 'u', serviceAccountName: 's', serviceAccountUID: 'u', nodeName: 'n', nodeUID: 'u' };
const ask = (fields: Fields = {}): Fields => ({ spec: { ...names, stubPKCS10Request: stub, ...fields } });

test('pod certificate requests', () => {
  assert.equal(pcr.make(ask()).spec.maxExpirationSeconds, 86_400);
  const table: readonly (readonly [Fields, ...string[]])[] = [
    [ask()],
    [ask({ podUID: '', nodeUID: 'u'.repeat(129) }), 'spec.podUID: Invalid value: "": must not be empty', 'spec.nodeUID: Too long: may not be more than 128 bytes'],
    [ask({ maxExpirationSeconds: 3599 }), 'spec.maxExpirationSeconds: Invalid value: 3599: must be in the range [3600, 7862400]'],
    [ask({ signerName: 'kubernetes.io/s', maxExpirationSeconds: 86_401 }), 'spec.maxExpirationSeconds: Invalid value: 86401: must be in the range [3600, 86400]'],
    [ask({ stubPKCS10Request: '' }), 'spec: Invalid value: exactly one of (stubPKCS10Request) or (pkixPublicKey, proofOfPossession) must be set'],
    [ask({ stubPKCS10Request: 'MAA=' }), 'spec.stubPKCS10Request: Invalid value: must be a valid PKCS#10 CSR'],
    [ask({ stubPKCS10Request: '', pkixPublicKey: 'MAA=', proofOfPossession: 'AA==' }), 'spec.pkixPublicKey: Invalid value: "MAA=": must be a valid PKIX-serialized public key'],
    [ask({ unverifiedUserAnnotations: { a: 'b' } }), 'spec.unverifiedUserAnnotations: Invalid value: "a": must be a domain-prefixed key (such as "acme.io/foo")'],
  ];
  for (const [fields, ...expected] of table) assert.deepEqual(pcr.errors(fields), expected);
  assert.equal(pcr.update(ask(), ask({ podName: 'q' })).length, 1);
});

test('pod certificate requests: what a signer writes', () => {
  const condition = (type: string): Fields => ({ type, status: 'True', reason: 'R', lastTransitionTime: formatTime(context.nowMs) });
  const times = { notBefore: formatTime(context.nowMs), notAfter: formatTime(context.nowMs + 7_200_000), beginRefreshAt: formatTime(context.nowMs + 3_600_000) };
  const status = (fields: Fields): Fields => ({ ...ask(), status: fields });
  const issued = (fields: Fields = {}): Fields => status({ conditions: [condition('Issued')], certificateChain: leaf, ...times, ...fields });
  const table: readonly (readonly [Fields, ...string[]])[] = [
    [issued()],
    [issued({ certificateChain: '' }), 'status.certificateChain: Invalid value: "": issued certificate chain must contain at least one certificate'],
    [issued({ notBefore: undefined }), 'status.notBefore: Required value: must be present and consistent with the issued certificate'],
    [issued({ notAfter: times.notBefore }), `status.notAfter: Invalid value: "${times.notBefore}": must be set to the NotAfter time encoded in the leaf certificate`],
    [issued({ beginRefreshAt: times.notBefore }), `status.beginRefreshAt: Invalid value: "${times.notBefore}": must be at least 10 minutes after status.notBefore`],
    [status({ conditions: [condition('Denied')] })],
    [status({ conditions: [condition('Failed')], ...times }), 'status: Invalid value: non-condition status fields must be empty when denying or failing the PodCertificateRequest'],
    [status(times), 'status: Invalid value: status is immutable unless transitioning to "Issued", "Denied", or "Failed"'],
    [status({ conditions: [condition('x')] }), 'status.conditions.[0].type: Unsupported value: "x": supported values: "Issued", "Denied", "Failed"'],
    [status({ conditions: [{ type: 'Issued', status: 'False' }] }), 'status.conditions.[0].status: Unsupported value: "False": supported values: "True"', 'status.conditions[0].lastTransitionTime: Required value', 'status.conditions[0].reason: Required value'],
  ];
  for (const [fields, ...expected] of table) assert.deepEqual(pcr.update(ask(), fields, 'status'), expected);
  assert.deepEqual(pcr.update(issued(), status({}), 'status'), ['status: Invalid value: immutable after PodCertificateRequest is issued, denied, or failed']);
  assert.deepEqual(pcr.cells(issued()), ['a', 'p', 's', 'n', 'example.com/s', 'Issued', '<none>']);
});
