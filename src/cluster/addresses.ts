/** The `index`-th address of an IPv4 range, counted from its base: 1 is the first that a host can have. Of two ranges, that of the first. */
export function addressInRange(cidr: string, index: number): string {
  const [base = '', prefix = '32'] = (cidr.split(',')[0] ?? '').split('/');
  const bits = base.split('.').reduce((total, part) => total * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(prefix));
  const value = Math.floor(bits / size) * size + index;
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

/** Whether an address that is listened on is this machine's own alone. */
export const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1' || address === 'localhost';

/** Whether it stands for all addresses of the machine. */
export const isWildcard = (address: string): boolean => address === '0.0.0.0' || address === '::';
