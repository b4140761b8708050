import { createAuthority, generateKey } from '../../src/pki/certificate.ts';

/** A certificate, its key, and a key of another one, as files. */
export async function keyPairs(): Promise<Readonly<Record<string, string>>> {
  const day = 24 * 3600 * 1000;
  const { certificate, key } = await createAuthority({ commonName: 'x', notBeforeMs: Date.UTC(2026, 0, 1), notAfterMs: Date.UTC(2026, 0, 1) + 1000 * day });
  return { 'tls.crt': certificate, 'tls.key': key, 'other.key': await generateKey() };
}

/** Requests for certificates that nobody issues. The certificate request is the same at all times: what is compared may show it. */
export function signingRequests(names: readonly string[]): string {
  const request = 'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlISE1HOENBUUF3RFRFTE1Ba0dBMVVFQXd3Q2JXVXdXVEFUQmdjcWhrak9QUUlCQmdncWhrak9QUU1CQndOQwpBQVI4L1ZMR21iMTZ3TTNNK0UvSENnQVR5Z25JY1JyZ0FVUEo5Q2tpUXJqWlpVb1I1QlNJdTVlbW9TU2NhSzVYClExTnNEdStURDU0WTlVSWwwRVRtVHNhVG9BQXdDZ1lJS29aSXpqMEVBd0lEU0FBd1JRSWdhcVJqbklhQlFTQnQKU3BaZWZQMUIxUFU1cmFiNUo4a2RWTEM3c0Fkd3gra0NJUUNSVlEwVkZCdjZKVGE1K3A3NzErdDEvYlBTT1RBRQpENzRxRDFGWjFWb3VPZz09Ci0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo=';
  return names.map((name) => `apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {name: ${name}}\nspec: {signerName: example.com/none, usages: [client auth], request: ${request}}\n`).join('---\n');
}
