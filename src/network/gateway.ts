import type { IpNetwork } from '../api/meta/ip-network.ts';
import { formatAddress } from '../api/meta/ip-network.ts';

/** The first usable address of the range: the bridge's, and the pods' gateway. */
export const gatewayOf = ({ family, base }: IpNetwork): string => formatAddress({ family, value: base + 1n });
