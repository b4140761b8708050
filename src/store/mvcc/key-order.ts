/**
 * Keys are ordered by their UTF-8 bytes, as etcd orders them. JavaScript compares strings by UTF-16 code units, which
 * differs only where surrogates (code points from U+10000) meet U+E000..U+FFFF. Shifting these two ranges past one
 * another gives a string whose native comparison is the bytewise one; nearly every key stays itself, uncopied.
 */

const shifted = /[\ud800-\uffff]/;

/** A string that sorts natively where the key sorts bytewise. The image of a prefix is a prefix of the image. */
export function orderOf(key: string): string {
  if (!shifted.test(key)) return key;
  let order = '';
  for (let i = 0; i < key.length; i++) {
    const unit = key.charCodeAt(i);
    order += String.fromCharCode(unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800);
  }
  return order;
}

/** The smallest string greater than everything that starts with the prefix; undefined when there is none. */
export function afterPrefix(prefix: string): string | undefined {
  for (let end = prefix.length; end > 0; end--) {
    const last = prefix.charCodeAt(end - 1);
    if (last < 0xffff) return prefix.slice(0, end - 1) + String.fromCharCode(last + 1);
  }
  return undefined;
}

/** Why a key cannot be stored; undefined when it can. A key is non-empty well-formed text without NUL. */
export function keyProblem(key: string): string | undefined {
  if (key === '') return 'a key must not be empty';
  if (!key.isWellFormed()) return 'a key must not hold half of a surrogate pair';
  if (key.includes('\0')) return 'a key must not hold a NUL character';
  return undefined;
}
