/** Cluster IPs, IP families and their policy: alone, together, and what an update may change of them. */
import type { FieldError } from '../../field-error.ts';
import { duplicate, invalid, notSupported, required } from '../../field-error.ts';
import { ipFamilyOf, validateIp } from '../../meta/ip.ts';
import type { ServiceSpec } from '../../types/core/v1.ts';
import { isHeadless } from './service-kind.ts';

const families = ['IPv4', 'IPv6'];
const policies = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
const ips = 'spec.clusterIPs';

function validateFamilies({ ipFamilies = [], ipFamilyPolicy }: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  ipFamilies.forEach((family, i) => {
    if (!families.includes(family)) errors.push(notSupported(`spec.ipFamilies[${i}]`, family, families));
    if (ipFamilies.indexOf(family) < i) errors.push(duplicate(`spec.ipFamilies[${i}]`, family));
  });
  if (ipFamilyPolicy !== undefined && !policies.includes(ipFamilyPolicy)) errors.push(notSupported('spec.ipFamilyPolicy', ipFamilyPolicy, policies));
  return errors;
}

function validateSynchronized({ clusterIP = '', clusterIPs = [] }: ServiceSpec): FieldError[] {
  if (clusterIP === '') return clusterIPs.length === 0 ? [] : [invalid(ips, clusterIPs, 'must be empty when `clusterIP` is not specified')];
  if (clusterIPs.length === 0) return [required(ips)];
  return clusterIPs[0] === clusterIP ? [] : [invalid(ips, clusterIPs, 'first value must match `clusterIP`')];
}

/** clusterIP, clusterIPs, ipFamilies and ipFamilyPolicy. ExternalName Services are checked elsewhere. */
export function validateClusterIps(spec: ServiceSpec, old: ServiceSpec): FieldError[] {
  if (spec.type === 'ExternalName') return [];
  const { clusterIPs = [], ipFamilies = [] } = spec;
  const errors = [...validateSynchronized(spec), ...validateFamilies(spec)];
  const wrong = clusterIPs.flatMap((ip, i) => {
    if (i === 0 && ip === 'None') return clusterIPs.length > 1 ? [invalid(ips, clusterIPs, "'None' must be the first and only value")] : [];
    return validateIp(`${ips}[${i}]`, ip, old.clusterIPs);
  });
  errors.push(...wrong);
  if (clusterIPs.length > 2) errors.push(invalid(ips, clusterIPs, 'may only hold up to 2 values'));
  // What follows compares addresses: with a bad one among them it would only confuse.
  if (wrong.length > 0) return errors;
  if (clusterIPs.length > 1 && new Set(clusterIPs.map(ipFamilyOf)).size !== clusterIPs.length) errors.push(invalid(ips, clusterIPs, 'may specify no more than one IP for each IP family'));
  if (!isHeadless(spec)) {
    clusterIPs.slice(0, ipFamilies.length).forEach((ip, i) => {
      const expected = ipFamilies[i]!;
      const isSix = ipFamilyOf(ip) === 6;
      if ((expected === 'IPv4' && isSix) || (expected === 'IPv6' && !isSix)) errors.push(invalid(`${ips}[${i}]`, ip, `expected an ${expected} value as indicated by \`ipFamilies[${i}]\``));
    });
  }
  return errors;
}

const released = (spec: ServiceSpec, what: string): FieldError[] =>
  (spec.ipFamilyPolicy === 'SingleStack' ? [] : [invalid('spec.ipFamilyPolicy', spec.ipFamilyPolicy, `must be set to 'SingleStack' when releasing the secondary ${what}`)]);

/** The primary cluster IP stays; a secondary one may come, and go with the policy SingleStack. */
export function validateClusterIpsChange(spec: ServiceSpec, old: ServiceSpec): FieldError[] {
  if (spec.type === 'ExternalName' || old.type === 'ExternalName') return [];
  if (isHeadless(spec) && isHeadless(old)) return [];
  const after = spec.clusterIPs ?? [];
  const before = old.clusterIPs ?? [];
  const changed = (i: number): FieldError => invalid(`${ips}[${i}]`, after, 'may not change once set');
  if (before.length === after.length) return before.flatMap((ip, i) => (ip === after[i] ? [] : [changed(i)]));
  const errors: FieldError[] = [];
  if (after.length === 0) errors.push(invalid(`${ips}[0]`, null, 'primary clusterIP can not be unset'));
  if (before.length > 0 && after.length > 0 && before[0] !== after[0]) errors.push(changed(0));
  if (before.length > after.length && after.length === 1) errors.push(...released(spec, 'clusterIP'));
  return errors;
}

/** The same for IP families; headless Services may change theirs. */
export function validateFamiliesChange(spec: ServiceSpec, old: ServiceSpec): FieldError[] {
  if (spec.type === 'ExternalName' || old.type === 'ExternalName' || isHeadless(spec) || isHeadless(old)) return [];
  const after = spec.ipFamilies ?? [];
  const before = old.ipFamilies ?? [];
  const first = 'spec.ipFamilies[0]';
  if (before.length === after.length) return before.flatMap((family, i) => (family === after[i] ? [] : [invalid(first, after, 'may not change once set')]));
  const errors: FieldError[] = [];
  if (before.length > after.length && (spec.clusterIPs ?? []).length === 0) errors.push(invalid(first, after, 'primary ipFamily can not be unset'));
  if (before.length > 0 && after.length > 0 && before[0] !== after[0]) errors.push(invalid(first, spec.clusterIPs ?? [], 'may not change once set'));
  if (before.length > after.length && after.length === 1) errors.push(...released(spec, 'ipFamily'));
  return errors;
}
