/** Reads the subject out of a PKCS #10 certificate request (RFC 2986), as much of it as authorization looks at. */

const decoder = new TextDecoder();
const pem = /-----BEGIN ([A-Z0-9 ]+)-----\s+([A-Za-z0-9+/=\s]+?)-----END \1-----/;
const sequence = 0x30;
const set = 0x31;
const integer = 0x02;
const objectIdentifier = 0x06;
/** id-at-organizationName, 2.5.4.10. */
const organization = [0x55, 0x04, 0x0a];
/** id-at-commonName, 2.5.4.3. */
const commonName = [0x55, 0x04, 0x03];

interface Element { readonly tag: number; readonly content: Uint8Array; readonly end: number }

/** A request that is none; the message says why. */
export class CertificateRequestError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CertificateRequestError';
  }
}

const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

const malformed = (): CertificateRequestError => new CertificateRequestError('asn1: structure error');

/** One DER element that begins at `at`. */
function element(bytes: Uint8Array, at: number): Element {
  const tag = bytes[at];
  let length = bytes[at + 1];
  if (tag === undefined || length === undefined) throw malformed();
  let start = at + 2;
  if (length >= 0x80) {
    const count = length & 0x7f;
    if (count === 0 || count > 4 || start + count > bytes.length) throw malformed();
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + bytes[start + i]!;
    start += count;
  }
  const end = start + length;
  if (end > bytes.length) throw malformed();
  return { tag, content: bytes.subarray(start, end), end };
}

function expect(bytes: Uint8Array, at: number, tag: number): Element {
  const found = element(bytes, at);
  if (found.tag !== tag) throw malformed();
  return found;
}

function children(content: Uint8Array, tag: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let at = 0; at < content.length;) {
    const child = expect(content, at, tag);
    found.push(child.content);
    at = child.end;
  }
  return found;
}

/** The DER bytes of `spec.request`: base64 of a PEM block. Throws CertificateRequestError. */
function requestBytes(request: string): Uint8Array {
  let block: RegExpExecArray | null;
  try {
    block = pem.exec(decoder.decode(fromBase64(request)));
  } catch {
    block = null;
  }
  if (block?.[1] !== 'CERTIFICATE REQUEST') throw new CertificateRequestError('PEM block type must be CERTIFICATE REQUEST');
  return fromBase64(block[2]!.replaceAll(/\s/g, ''));
}

/** The values of one kind of attribute in the subject, in order. */
function subjectValues(request: string, kind: readonly number[]): string[] {
  const whole = expect(requestBytes(request), 0, sequence);
  const info = expect(whole.content, 0, sequence);
  const version = expect(info.content, 0, integer);
  const subject = expect(info.content, version.end, sequence);
  return children(subject.content, set).flatMap((names) => children(names, sequence)).flatMap((attribute) => {
    const type = expect(attribute, 0, objectIdentifier);
    return type.content.length === 3 && kind.every((byte, i) => type.content[i] === byte) ? [decoder.decode(element(attribute, type.end).content)] : [];
  });
}

/** The organizations (groups) that a request of certificates.k8s.io asks for; `request` as its field holds it. Throws CertificateRequestError. */
export function requestedOrganizations(request: string): string[] {
  return subjectValues(request, organization);
}

/** The common name (user) that a request asks for: the last one, as upstream reads it; '' when it has none. Throws CertificateRequestError. */
export function requestedCommonName(request: string): string {
  return subjectValues(request, commonName).at(-1) ?? '';
}
