import type { DeviceAttribute, DeviceConstraint } from '../../../api/types/resource/v1.ts';
import type { ReachableDevice } from '../../devices/pools.ts';

/** The attribute by its full name; a device of the driver that the name begins with may leave that out. */
function attributeOf({ device, driver }: ReachableDevice, name: string): DeviceAttribute | undefined {
  const slash = name.indexOf('/');
  return device.attributes?.[name] ?? (slash >= 0 && name.slice(0, slash) === driver ? device.attributes?.[name.slice(slash + 1)] : undefined);
}

/** What two attributes must have in common to be the same. */
function identity({ int, bool, string, version }: DeviceAttribute): string | undefined {
  if (string !== undefined) return `s${string}`;
  if (int !== undefined) return `i${int}`;
  if (bool !== undefined) return `b${bool}`;
  return version === undefined ? undefined : `v${version}`;
}

/** What the devices of some requests must have in common, or must not. */
export class ConstraintSet {
  readonly #requests: ReadonlySet<string>;
  readonly #attribute: string;
  readonly #distinct: boolean;
  readonly #values: string[] = [];

  constructor({ requests, matchAttribute, distinctAttribute }: DeviceConstraint) {
    this.#requests = new Set(requests);
    this.#attribute = matchAttribute ?? distinctAttribute ?? '';
    this.#distinct = matchAttribute === undefined;
  }

  /** `names`: those of the request, and of the alternative that was chosen. */
  concerns(names: readonly string[]): boolean {
    return this.#requests.size === 0 || names.some((name) => this.#requests.has(name));
  }

  /** Adds the device if it may join the others. */
  add(device: ReachableDevice): boolean {
    const attribute = attributeOf(device, this.#attribute);
    const value = attribute === undefined ? undefined : identity(attribute);
    if (value === undefined) return false;
    const fits = this.#distinct ? !this.#values.includes(value) : this.#values.every((other) => other === value);
    if (fits) this.#values.push(value);
    return fits;
  }

  /** Takes the last one away. */
  removeLast(): void {
    this.#values.pop();
  }
}
