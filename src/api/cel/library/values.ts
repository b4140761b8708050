import type { IpAddress } from '../../meta/ip.ts';
import { formatIp } from '../../meta/ip.ts';
import { compareQuantity, type Quantity } from '../../meta/quantity.ts';
import { CelObject } from '../runtime/values.ts';
import { object, opaque } from '../language/types.ts';

export const QUANTITY = object('kubernetes.Quantity');
export const URL_TYPE = object('kubernetes.URL');
export const SEMVER = object('kubernetes.Semver');
export const FORMAT = object('kubernetes.NamedFormat');
export const IP = opaque('net.IP');
export const CIDR = opaque('net.CIDR');

/** What `quantity('1Gi')` makes. */
export class QuantityValue extends CelObject {
  readonly typeName = QUANTITY.name;
  readonly quantity: Quantity;
  constructor(quantity: Quantity) {
    super();
    this.quantity = quantity;
  }
  override equals(other: CelObject): boolean {
    return other instanceof QuantityValue && compareQuantity(this.quantity, other.quantity) === 0;
  }
}

/** What `ip('::1')` makes. */
export class IpValue extends CelObject {
  readonly typeName = IP.name;
  readonly address: Pick<IpAddress, 'family' | 'bytes'>;
  constructor(address: Pick<IpAddress, 'family' | 'bytes'>) {
    super();
    this.address = address;
  }
  override equals(other: CelObject): boolean {
    return other instanceof IpValue && formatIp(this.address) === formatIp(other.address);
  }
  override size(): number {
    return Math.ceil((this.address.family === 4 ? 32 : 128) / 8);
  }
}

/** What `cidr('10.0.0.0/8')` makes: the address as it was written, not masked. */
export class CidrValue extends CelObject {
  readonly typeName = CIDR.name;
  readonly address: Pick<IpAddress, 'family' | 'bytes'>;
  readonly prefixLength: number;
  constructor(address: Pick<IpAddress, 'family' | 'bytes'>, prefixLength: number) {
    super();
    this.address = address;
    this.prefixLength = prefixLength;
  }
  override equals(other: CelObject): boolean {
    return other instanceof CidrValue && this.prefixLength === other.prefixLength && formatIp(this.address) === formatIp(other.address);
  }
  override size(): number {
    return Math.ceil(this.prefixLength / 8);
  }
}
