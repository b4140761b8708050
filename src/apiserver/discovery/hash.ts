/** A 64-bit content hash in upper-case hex, for ETags and cache-busting URLs: stable across runs, not meant to resist anyone. */
export function contentHash(bytes: Uint8Array): string {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    a = Math.imul(a ^ byte, 0x9e3779b1);
    b = Math.imul(b ^ byte, 0x5f356495);
  }
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35);
  b = Math.imul(b ^ (b >>> 16), 0x85ebca6b) ^ Math.imul(a ^ (a >>> 13), 0xc2b2ae35);
  const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');
  return `${hex(a)}${hex(b)}`.toUpperCase();
}
