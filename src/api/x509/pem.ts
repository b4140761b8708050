/** PEM blocks (RFC 7468), read as Go's `pem.Decode` does: what stands between blocks, and blocks that are broken, is passed over. */

export interface PemBlock {
  readonly type: string;
  /** Lines `Name: value` before the content. */
  readonly headers: number;
  /** The content in base64, without spaces. */
  readonly base64: string;
  readonly bytes: Uint8Array;
}

const blockPattern = /(?:^|\n)-----BEGIN ([^\r\n]*)-----[ \t]*\r?\n([\s\S]*?)(?:^|\n)?-----END ([^\r\n]*)-----[ \t]*(?=\r?\n|$)/g;
const headerPattern = /^[^:\n]*:[^\n]*$/;

/** The bytes of a base64 text; undefined for what is none. */
export function fromBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** Every block of a text, in order. */
export function pemBlocks(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  for (const [, type = '', body = '', end = ''] of text.matchAll(blockPattern)) {
    if (type !== end) continue;
    const lines = body.split(/\r?\n/);
    let headers = 0;
    while (headers < lines.length && headerPattern.test(lines[headers]!)) headers++;
    const base64 = lines.slice(headers).join('').replace(/\s/g, '');
    const bytes = fromBase64(base64);
    if (bytes !== undefined) blocks.push({ type, headers, base64, bytes });
  }
  return blocks;
}
