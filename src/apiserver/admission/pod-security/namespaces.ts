import { semanticEqual } from '../../../api/meta/equal.ts';
import { evaluatePod, violationReasons } from '../../../api/pod-security/evaluate.ts';
import type { LevelVersion, Policy } from '../../../api/pod-security/policy.ts';
import { formatLevelVersion, isFullyPrivileged, isStricter, labelPrefix, policyFromLabels, sameLevelVersion } from '../../../api/pod-security/policy.ts';
import { pods } from '../../../api/resources.ts';
import { invalidError } from '../../../api/status.ts';
import type { Namespace, Pod } from '../../../api/types/core/v1.ts';
import type { Clock } from '../../../base/clock.ts';
import type { ObjectReader } from '../../cache/reader.ts';
import type { AdmissionAttributes } from '../admission.ts';
import type { PodSecuritySettings } from './configuration.ts';

/** A namespace's pods are looked at up to this number, and for no longer than this. */
const maxPods = 3000;
const maxMs = 1000;

interface Parts { readonly reader: ObjectReader; readonly clock: Clock; readonly settings: PodSecuritySettings }

/** Refuses labels that name no policy, and warns of pods that a stricter policy would not have let in. Throws Invalid. */
export function checkNamespace(parts: Parts, attributes: AdmissionAttributes): void {
  const { settings } = parts;
  const namespace = attributes.object as Namespace;
  const name = namespace.metadata.name ?? '';
  const { policy, errors } = policyFromLabels(namespace.metadata.labels, settings.defaults);
  const refuse = (): never => { throw invalidError({ group: '', kind: 'Namespace' }, attributes.name, errors); };
  const tellIfExempt = (): boolean => {
    if (!settings.exemptNamespaces.has(name)) return false;
    const warning = exemptWarning(name, policy, settings.defaults, namespace.metadata.labels ?? {});
    if (warning !== undefined) attributes.warn(warning);
    return true;
  };
  if (attributes.operation === 'CREATE') {
    if (errors.length > 0) refuse();
    tellIfExempt();
    return;
  }
  const old = policyFromLabels(attributes.oldObject?.metadata.labels, settings.defaults);
  if (errors.length > 0 && !semanticEqual(errors, old.errors)) refuse();
  const { enforce } = policy;
  if (sameLevelVersion(enforce, old.policy.enforce) || enforce.level === 'privileged') return;
  if (enforce.version === old.policy.enforce.version && !isStricter(enforce.level, old.policy.enforce.level)) return;
  if (tellIfExempt()) return;
  for (const warning of podWarnings(parts, name, enforce)) attributes.warn(warning);
}

/** Those of one controller are alike: one of each comes before the others. */
function prioritized(all: readonly Pod[], exemptRuntimeClasses: ReadonlySet<string>): Pod[] {
  const first: Pod[] = [];
  const others: Pod[] = [];
  const controllers = new Set<string>();
  for (const pod of all) {
    if (exemptRuntimeClasses.has(pod.spec?.runtimeClassName ?? '')) continue;
    const controller = pod.metadata.ownerReferences?.find((owner) => owner.controller === true)?.uid;
    if (controller !== undefined && controllers.has(controller)) others.push(pod);
    else {
      first.push(pod);
      if (controller !== undefined) controllers.add(controller);
    }
  }
  return [...first, ...others];
}

/** What the pods that are there would violate, pods of the same fault together. */
function podWarnings({ reader, clock, settings }: Parts, namespace: string, enforce: LevelVersion): string[] {
  const deadlineMs = clock.now() + maxMs;
  const all = prioritized(reader.list(pods, namespace), settings.exemptRuntimeClasses);
  const found = new Map<string, string[]>();
  let checked = 0;
  for (const { metadata, spec } of all.slice(0, maxPods)) {
    const violations = spec === undefined ? [] : evaluatePod(enforce, metadata, spec);
    if (violations.length > 0) {
      const reasons = violationReasons(violations);
      const names = found.get(reasons);
      if (names === undefined) found.set(reasons, [metadata.name ?? '']);
      else names.push(metadata.name ?? '');
    }
    checked++;
    if (clock.now() > deadlineMs) break;
  }
  const warnings: string[] = [];
  if (checked < all.length) warnings.push(`new PodSecurity enforce level only checked against the first ${checked} of ${all.length} existing pods`);
  if (found.size > 0) warnings.push(`existing pods in namespace ${JSON.stringify(namespace)} violate the new PodSecurity enforce level ${JSON.stringify(formatLevelVersion(enforce))}`);
  const lines = [...found].map(([reasons, names]) => {
    const more = names.length - 1;
    return `${names.sort()[0]}${more === 0 ? '' : more === 1 ? ' (and 1 other pod)' : ` (and ${more} other pods)`}: ${reasons}`;
  });
  return [...warnings, ...lines.sort()];
}

/** What to tell whoever gives a policy to a namespace that is exempt. */
function exemptWarning(name: string, policy: Policy, defaults: Policy, labels: Readonly<Record<string, string>>): string | undefined {
  const equivalent = (mode: keyof Policy): boolean => sameLevelVersion(policy[mode], defaults[mode]) || (policy[mode].level === 'privileged' && defaults[mode].level === 'privileged');
  const modes = ['enforce', 'audit', 'warn'] as const;
  if (isFullyPrivileged(policy) || modes.every(equivalent)) return undefined;
  const said = modes.filter((mode) => policy[mode].level !== 'privileged' && (labels[labelPrefix + mode] !== undefined || labels[`${labelPrefix}${mode}-version`] !== undefined));
  return `namespace ${JSON.stringify(name)} is exempt from Pod Security, and the policy (${said.map((mode) => `${mode}=${formatLevelVersion(policy[mode])}`).join(', ')}) will be ignored`;
}
