import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { parseNetwork } from '../api/meta/ip-network.ts';
import { parseConfigurationMap } from '../apiserver/serving/configuration-map.ts';
import { parseGoDuration } from '../base/go-duration.ts';
import { parsePool } from '../cloud/providers/local/pools.ts';
import { familiesOf } from '../cluster/addresses.ts';

/** A mistake of the user: printed as one line, without a stack, with exit code 1 (2 for a wrong command line). */
export class UsageError extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode = 1) {
    super(message);
    this.name = 'UsageError';
    this.exitCode = exitCode;
  }
}

/** Gives the value back, made ready, or throws UsageError `NAME: wants …`. */
export type Check = (value: unknown, name: string) => unknown;

/** A text that is not empty. */
export const text: Check = (value, name) => {
  if (typeof value !== 'string' || value === '') throw new UsageError(`${name}: wants a text, not ${JSON.stringify(value)}`);
  return value;
};

/** A whole number between two, both inclusive. */
export const wholeNumber = (min: number, max: number): Check => (value, name) => {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number) || number < min || number > max) throw new UsageError(`${name}: wants a whole number from ${min} to ${max}, not ${JSON.stringify(value)}`);
  return number;
};

/** One of these words. */
export const oneOf = (...choices: string[]): Check => (value, name) => {
  if (typeof value !== 'string' || !choices.includes(value)) throw new UsageError(`${name}: wants one of ${choices.join(', ')}, not ${JSON.stringify(value)}`);
  return value;
};

/** A flag without a value. */
export const flag: Check = (value, name) => {
  if (typeof value !== 'boolean') throw new UsageError(`${name}: wants true or false, not ${JSON.stringify(value)}`);
  return value;
};

/** A range of IPv4 or of IPv6, or one of each, in either order, that are neither longer nor wider than the cluster's parts can use. */
export const ranges = (longest4: number, [widest6, longest6]: readonly [number, number]): Check => (value, name) => {
  const fits = (range: string): boolean => {
    const network = isIP(range.split('/')[0] ?? '') === 0 ? undefined : parseNetwork(range);
    if (network === undefined) return false;
    const [widest, longest] = network.family === 4 ? [8, longest4] : [widest6, longest6];
    return network.prefixLength >= widest && network.prefixLength <= longest;
  };
  const all = typeof value === 'string' ? value.split(',').map((one) => one.trim()) : [];
  if (all.length === 0 || all.length > 2 || !all.every(fits) || (all.length === 2 && familiesOf(all.join())[0] === familiesOf(all.join())[1])) {
    throw new UsageError(`${name}: wants a range of IPv4 (from /8 to /${longest4}) or of IPv6 (from /${widest6} to /${longest6}), or one of each, such as 10.0.0.0/16,fd00::/${longest6}, not ${JSON.stringify(value)}`);
  }
  return all.join();
};

/** Pods' addresses: a `/24`, and of IPv6 a `/64`, for the first node at least. */
export const clusterCidrCheck: Check = ranges(24, [16, 64]);

/** Services' addresses, which upstream limits to 2^20 in IPv6. */
export const serviceCidrCheck: Check = ranges(28, [108, 124]);

/** An IP address of either kind. */
export const ipAddress: Check = (value, name) => {
  if (typeof value !== 'string' || isIP(value) === 0) throw new UsageError(`${name}: wants an IP address, not ${JSON.stringify(value)}`);
  return value;
};

/** A node's address, or one of each family with a comma between them: an array. */
export const nodeIps: Check = (value, name) => {
  const addresses = typeof value === 'string' ? value.split(',').map((one) => one.trim()) : [];
  const families = addresses.map(isIP);
  if (families.includes(0) || families.length === 0 || families.length > 2 || families[0] === families[1]) throw new UsageError(`${name}: wants an IP address, or one of each family such as 192.168.1.10,fd00::10, not ${JSON.stringify(value)}`);
  return addresses;
};

/** Names of nodes and of DNS domains. */
export const dnsName: Check = (value, name) => {
  if (typeof value !== 'string' || value.length > 253 || !/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(value)) throw new UsageError(`${name}: wants lower-case letters, digits, dots and dashes, such as node-1, not ${JSON.stringify(value)}`);
  return value;
};

/** Some of these words, separated by commas. What upstream knows beside them is refused as not supported. */
export const listOf = (choices: readonly string[], unsupported: readonly string[] = []): Check => (value, name) => {
  const unknown = typeof value === 'string' ? value.split(',').find((one) => !choices.includes(one)) : String(value);
  if (unknown !== undefined && unsupported.includes(unknown)) throw new UsageError(`${name}: not supported: ${unknown}`);
  if (unknown !== undefined) throw new UsageError(`${name}: wants some of ${choices.join(', ')}, separated by commas, not ${JSON.stringify(unknown)}`);
  return value;
};

/** `key=value,key=value`, or a map in the config file. What the keys may be, the part that they are for says. */
export const configurationMap: Check = (value, name) => {
  if (typeof value === 'string') return parseConfigurationMap(value);
  const entries = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [['', undefined]];
  if (!entries.every(([, one]) => typeof one === 'string' || typeof one === 'boolean')) throw new UsageError(`${name}: wants pairs such as batch/v1beta1=true, separated by commas, not ${JSON.stringify(value)}`);
  return Object.fromEntries(entries.map(([key, one]) => [key, String(one)]));
};

/** Milliseconds of a Go duration that is not negative. */
export const duration: Check = (value, name) => {
  const ms = typeof value === 'string' ? parseGoDuration(value) : undefined;
  if (ms === undefined || ms < 0) throw new UsageError(`${name}: wants a duration such as 30s or 1m30s, not ${JSON.stringify(value)}`);
  return ms;
};

/** A number, 0 or more, that need not be whole. */
export const amount: Check = (value, name) => {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number) || number < 0) throw new UsageError(`${name}: wants a number, 0 or more, not ${JSON.stringify(value)}`);
  return number;
};

/** `--flag`, `--flag true` and `--flag false`. */
export const choice: Check = (value, name) => flag(value === 'true' ? true : value === 'false' ? false : value, name);

/** Directives of Strict-Transport-Security. */
export const transportSecurity: Check = (value, name) => {
  if (typeof value !== 'string' || !value.split(',').every((one) => one === 'includeSubDomains' || one === 'preload' || /^max-age=\d+$/.test(one))) throw new UsageError(`${name}: wants max-age=seconds, includeSubDomains and preload, separated by commas, not ${JSON.stringify(value)}`);
  return value;
};

const sniCertificate = /^[^,:]+,[^,:]+(:[^,:]+(,[^,:]+)*)?$/;
/** Pairs of files for clients that ask for certain names. */
export const sniCertificates: Check = (value, name) => {
  const wrong = Array.isArray(value) ? value.find((one) => typeof one !== 'string' || !sniCertificate.test(one)) as unknown : value;
  if (wrong !== undefined) throw new UsageError(`${name}: wants certificate,key or certificate,key:name,name, not ${JSON.stringify(wrong)}`);
  return value;
};

/** A path, made absolute. */
export const path: Check = (value, name) => resolve(text(value, name) as string);

/** Texts: separated by commas, given several times, or a list in the config file. None of them empty. */
export const texts: Check = (value, name) => {
  const given = (Array.isArray(value) ? value : [value]).flatMap((one: unknown) => (typeof one === 'string' ? one.split(',') : [one])).map((one) => (typeof one === 'string' ? one.trim() : one));
  if (given.length === 0 || given.some((one) => typeof one !== 'string' || one === '')) throw new UsageError(`${name}: wants texts, separated by commas, not ${JSON.stringify(value)}`);
  return given;
};

/** Names separated by commas, or a list in the config file. Which there are, the part that they are for says. */
export const nameList: Check = (value, name) => (Array.isArray(value) ? value.map((one) => text(one, name)).join(',') : text(value, name));

/** Ranges of addresses; `none` gives undefined. */
export const addressPools: Check = (value, name) => {
  if (value === 'none') return undefined;
  const pools = texts(value, name) as string[];
  try {
    pools.forEach(parsePool);
  } catch (error) {
    throw new UsageError(`${name}: ${(error as Error).message}`);
  }
  return pools;
};
