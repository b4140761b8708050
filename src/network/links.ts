import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { formatNetwork, parseNetwork } from '../api/meta/ip-network.ts';

/** Whether this process's network has an interface of that name. Unlike /sys, /proc follows the process into its network namespace. */
export function hasLink(name: string): boolean {
  return linkNames().includes(name);
}

/** The interfaces of this process's network. */
export function linkNames(): string[] {
  try {
    return readFileSync('/proc/net/dev', 'utf8').split('\n').slice(2).map((line) => line.split(':')[0]?.trim() ?? '').filter((name) => name !== '');
  } catch {
    return [];
  }
}

/** The subnets that this machine's interfaces are in, leaving out those that `isOurs` names and loopback. */
export function linkSubnets(isOurs: (name: string) => boolean): string[] {
  return Object.entries(networkInterfaces()).filter(([name]) => !isOurs(name)).flatMap(([, addresses]) => addresses ?? [])
    .filter(({ internal, cidr }) => !internal && cidr !== null && !/^fe80:/i.test(cidr))
    .map(({ cidr }) => parseNetwork(cidr ?? '')).filter((range) => range !== undefined).map(formatNetwork);
}

/** The interface that has this address; undefined when none has. */
export function linkWithAddress(address: string): string | undefined {
  return Object.entries(networkInterfaces()).find(([, addresses]) => addresses?.some((one) => one.address === address))?.[0];
}
