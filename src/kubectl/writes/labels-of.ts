import { KubectlError } from '../errors.ts';

/** `a=b,c=d` as an object. Throws KubectlError for a part without its equals sign. */
export function labelsOf(text: string): Record<string, string> {
  return Object.fromEntries(text.split(',').filter((part) => part !== '').map((part) => {
    const equals = part.indexOf('=');
    if (equals <= 0) throw new KubectlError(`unexpected label spec: ${part}`);
    return [part.slice(0, equals), part.slice(equals + 1)];
  }));
}
