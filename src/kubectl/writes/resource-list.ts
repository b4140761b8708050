import { canonicalQuantity } from '../../api/meta/quantity.ts';
import { KubectlError } from '../errors.ts';

/** `cpu=1,memory=1G` as quantities in their canonical form. Throws KubectlError for a part that is no pair, QuantityError for what is no quantity. */
export function resourceListOf(pairs: string): Record<string, string> {
  return Object.fromEntries(pairs.split(',').map((pair) => {
    const [name, quantity, ...rest] = pair.split('=');
    if (quantity === undefined || rest.length > 0) throw new KubectlError(`Invalid argument syntax ${pair}, expected <resource>=<value>`);
    return [name!, canonicalQuantity(quantity)];
  }));
}
