/** Which IP families a Service has, and the policy behind it: filled in where the client left it open, as upstream does. */
import type { FieldError } from '../../api/field-error.ts';
import { invalid } from '../../api/field-error.ts';
import { validateClusterIps } from '../../api/groups/core/service-cluster-ips.ts';
import { semanticEqual } from '../../api/meta/equal.ts';
import { ipFamilyOf } from '../../api/meta/ip.ts';
import { invalidError } from '../../api/status.ts';
import type { Service, ServiceSpec } from '../../api/types/core/v1.ts';

export type IpFamily = 'IPv4' | 'IPv6';

export const familyName = (family: 4 | 6): IpFamily => (family === 4 ? 'IPv4' : 'IPv6');
const otherFamily = (family: string): IpFamily => (family === 'IPv4' ? 'IPv6' : 'IPv4');

const withAddress = new Set<string | undefined>(['ClusterIP', 'NodePort', 'LoadBalancer']);

/** A PreferDualStack Service that changed none of this stays as it is, even where the cluster got a second family meanwhile. */
export function keepsPreferDualStack(spec: ServiceSpec, before: ServiceSpec | undefined): boolean {
  return before !== undefined && before.type === spec.type && withAddress.has(spec.type)
    && spec.ipFamilyPolicy === 'PreferDualStack' && (before.ipFamilyPolicy ?? 'PreferDualStack') === 'PreferDualStack'
    && semanticEqual(spec.clusterIPs ?? [], before.clusterIPs ?? []) && semanticEqual(spec.ipFamilies ?? [], before.ipFamilies ?? []);
}

const isSelectorless = ({ clusterIP, selector = {} }: ServiceSpec): boolean => clusterIP === 'None' && Object.keys(selector).length === 0;

const policyPath = 'spec.ipFamilyPolicy';

/** Fewer addresses or families need the policy that says so. */
function reductionErrors(spec: ServiceSpec, before: ServiceSpec): FieldError[] {
  if (spec.ipFamilyPolicy === 'SingleStack') {
    if ((spec.clusterIPs?.length ?? 0) > 1 && semanticEqual(spec.clusterIPs, before.clusterIPs)) spec.clusterIPs = spec.clusterIPs!.slice(0, 1);
    if ((spec.ipFamilies?.length ?? 0) > 1 && semanticEqual(spec.ipFamilies, before.ipFamilies)) spec.ipFamilies = spec.ipFamilies!.slice(0, 1);
    return [];
  }
  const reduced = (now: readonly string[] = [], old: readonly string[] = []): boolean => now.length > 0 && now.length < old.length;
  const errors: FieldError[] = [];
  if (reduced(spec.clusterIPs, before.clusterIPs)) errors.push(invalid(policyPath, spec.ipFamilyPolicy, "must be 'SingleStack' to release the secondary cluster IP"));
  if (reduced(spec.ipFamilies, before.ipFamilies)) errors.push(invalid(policyPath, spec.ipFamilyPolicy, "must be 'SingleStack' to release the secondary IP family"));
  return errors;
}

function policyErrors({ ipFamilyPolicy, clusterIPs = [], ipFamilies = [] }: ServiceSpec): FieldError[] {
  if (ipFamilyPolicy !== 'SingleStack') return [];
  const tooMany = (what: string): FieldError => invalid(policyPath, ipFamilyPolicy, `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`);
  return [...(clusterIPs.length === 2 ? [tooMany('cluster IPs')] : []), ...(ipFamilies.length === 2 ? [tooMany('IP families')] : [])];
}

/** Families follow from addresses that the client chose. */
function inferFamilies(spec: ServiceSpec, families: readonly IpFamily[]): FieldError[] {
  const errors: FieldError[] = [];
  const { clusterIPs = [] } = spec;
  const known = [...(spec.ipFamilies ?? [])];
  for (const [i, ip] of clusterIPs.entries()) {
    if (ip === 'None') break;
    if (i < known.length) continue;
    const family = ipFamilyOf(ip) === 6 ? 'IPv6' : 'IPv4';
    if (families.includes(family)) known.push(family);
    else errors.push(invalid(`spec.clusterIPs[${i}]`, clusterIPs, `${family} is not configured on this cluster`));
  }
  if (known.length > 0) spec.ipFamilies = known;
  return errors;
}

/**
 * Fills in ipFamilyPolicy and ipFamilies, in place; `families` are the cluster's, the default first. Throws Invalid.
 * ExternalName Services have neither.
 */
export function initIpFamilies(service: Service, old: Service | undefined, families: readonly IpFamily[]): void {
  const { spec } = service;
  if (spec === undefined || spec.type === 'ExternalName' || keepsPreferDualStack(spec, old?.spec)) return;
  const refuse = (errors: readonly FieldError[]): void => {
    if (errors.length > 0) throw invalidError({ group: '', kind: 'Service' }, service.metadata.name ?? '', errors);
  };
  spec.ipFamilyPolicy ??= old?.spec?.ipFamilyPolicy ?? (isSelectorless(spec) ? 'RequireDualStack' : 'SingleStack');
  refuse(validateClusterIps(spec, old?.spec ?? {}));
  refuse([...(old?.spec === undefined ? [] : reductionErrors(spec, old.spec)), ...policyErrors(spec), ...inferFamilies(spec, families)]);

  const single = spec.ipFamilyPolicy === 'SingleStack';
  const defaulted = (): string[] => ((spec.ipFamilies?.length ?? 0) === 0 ? [families[0]!] : spec.ipFamilies!);
  if (isSelectorless(spec)) {
    // Whoever writes the endpoints decides what they are: both families are well, whatever the cluster has.
    const own = defaulted();
    spec.ipFamilies = own.length === 1 && !single ? [own[0]!, otherFamily(own[0]!)] : own;
    return;
  }
  const errors: FieldError[] = [];
  if (spec.ipFamilyPolicy === 'RequireDualStack' && families.length < 2) errors.push(invalid(policyPath, spec.ipFamilyPolicy, 'this cluster is not configured for dual-stack services'));
  (spec.ipFamilies ?? []).forEach((family, i) => {
    if (!(families as readonly string[]).includes(family)) errors.push(invalid(`spec.ipFamilies[${i}]`, family, 'not configured on this cluster'));
  });
  refuse(errors);
  const own = defaulted();
  spec.ipFamilies = own.length === 1 && !single && families.length === 2 ? [own[0]!, otherFamily(own[0]!)] : own;
}
