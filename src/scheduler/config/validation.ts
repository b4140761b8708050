import type { FieldError } from '../../api/field-error.ts';
import { duplicate, invalid, required } from '../../api/field-error.ts';
import { semanticEqual } from '../../api/meta/equal.ts';
import { qualifiedName } from '../../api/meta/validation.ts';
import { parseGoDuration } from '../../base/go-duration.ts';
import { argsErrors } from './args.ts';
import type { ExtenderConfiguration, KubeSchedulerConfiguration, PluginArgs, ProfileConfiguration } from './configuration.ts';

/** Plug-ins of earlier versions. */
const gone = ['AzureDiskLimits', 'CinderLimits', 'EBSLimits', 'GCEPDLimits'];
const wasInvalid = 'was invalid in version "kubescheduler.config.k8s.io/v1" (KubeSchedulerConfiguration is version "kubescheduler.config.k8s.io/v1")';

const percentage = (field: string, value: number | undefined): FieldError[] => (value !== undefined && (value < 0 || value > 100) ? [invalid(field, value, 'not in valid range [0-100]')] : []);

function profileErrors(profile: ProfileConfiguration, path: string): FieldError[] {
  const errors = [...((profile.schedulerName ?? '') === '' ? [required(`${path}.schedulerName`)] : []), ...percentage(`${path}.percentageOfNodesToScore`, profile.percentageOfNodesToScore)];
  for (const [point, set] of Object.entries(profile.plugins ?? {})) {
    for (const [i, { name = '' }] of (set?.enabled ?? []).entries()) if (gone.includes(name)) errors.push(invalid(`${path}.plugins.${point}.enabled[${i}]`, name, wasInvalid));
  }
  const seen = new Set<string>();
  for (const [i, { name = '', args }] of (profile.pluginConfig ?? []).entries()) {
    const at = `${path}.pluginConfig[${i}]`;
    if (seen.has(name)) errors.push(duplicate(at, name));
    seen.add(name);
    if (gone.includes(name)) errors.push(invalid(at, name, wasInvalid));
    else if (Object.hasOwn(argsErrors, name)) errors.push(...argsErrors[name as keyof PluginArgs](args as never, `${at}.args`));
  }
  return errors;
}

function extenderErrors(extenders: readonly ExtenderConfiguration[]): FieldError[] {
  const errors: FieldError[] = [];
  const managed = new Set<string>();
  for (const [i, { prioritizeVerb = '', weight = 0, managedResources = [] }] of extenders.entries()) {
    if (prioritizeVerb !== '' && weight <= 0) errors.push(invalid(`extenders[${i}].weight`, weight, 'must have a positive weight applied to it'));
    for (const [j, { name = '' }] of managedResources.entries()) {
      const at = `extenders[${i}].managedResources[${j}].name`;
      const problems = qualifiedName(name);
      errors.push(...problems.map((detail) => invalid(at, name, detail)));
      if (problems.length === 0 && (!name.includes('/') || name.includes('kubernetes.io/') || name.startsWith('requests.'))) errors.push(invalid(at, name, 'is an invalid extended resource name'));
      if (managed.has(name)) errors.push(invalid(at, name, 'duplicate extender managed resource name'));
      managed.add(name);
    }
  }
  const binders = extenders.filter(({ bindVerb = '' }) => bindVerb !== '').length;
  if (binders > 1) errors.push(invalid('extenders', `found ${binders} extenders implementing bind`, 'only one extender can implement bind'));
  return errors;
}

/** What is not given, or nothing, has upstream's defaults. */
function leaderErrors({ leaseDuration = '', renewDeadline = '', retryPeriod = '', resourceLock = '' }: NonNullable<KubeSchedulerConfiguration['leaderElection']>): FieldError[] {
  const times = { leaseDuration: parseGoDuration(leaseDuration) || 15_000, renewDeadline: parseGoDuration(renewDeadline) || 10_000, retryPeriod: parseGoDuration(retryPeriod) || 2000 };
  const given: Readonly<Record<string, string>> = { leaseDuration, renewDeadline, retryPeriod };
  const errors = Object.entries(times).flatMap(([field, ms]) => (ms > 0 ? [] : [invalid(`leaderElection.${field}`, given[field], 'must be greater than zero')]));
  // The value shown is upstream's.
  if (times.leaseDuration <= times.renewDeadline) errors.push(invalid('leaderElection.leaseDuration', renewDeadline === '' ? '10s' : renewDeadline, 'must be greater than `RenewDeadline`'));
  if (resourceLock !== '' && resourceLock !== 'leases') errors.push(invalid('leaderElection.resourceLock', resourceLock, 'resourceLock value must be "leases"'));
  return errors;
}

/** There is one queue, so that all profiles must sort alike. */
function sortErrors([first, ...others]: readonly ProfileConfiguration[]): FieldError[] {
  const own = first?.plugins?.queueSort ?? {};
  const enabled = own.enabled?.length ?? 0;
  return [
    ...(enabled > 1 ? [invalid('profiles[0].plugins.queueSort.Enabled', enabled, 'only one queue sort plugin can be enabled')] : []),
    ...others.flatMap(({ plugins }, i) => (semanticEqual(own, plugins?.queueSort ?? {}) ? [] : [invalid(`profiles[${i + 1}].plugins.queueSort`, plugins?.queueSort ?? {}, 'must be the same for all profiles')])),
  ];
}

/** What is wrong with a configuration whose defaults are filled in, in upstream's order and words. */
export function configurationErrors(configuration: Required<Pick<KubeSchedulerConfiguration, 'parallelism' | 'podInitialBackoffSeconds' | 'podMaxBackoffSeconds' | 'profiles'>> & KubeSchedulerConfiguration): FieldError[] {
  const { leaderElection = {}, clientConnection, parallelism, profiles, percentageOfNodesToScore, podInitialBackoffSeconds, podMaxBackoffSeconds, extenders = [] } = configuration;
  const errors: FieldError[] = [];
  if ((clientConnection?.burst ?? 0) < 0) errors.push(invalid('clientConnection.burst', clientConnection?.burst, 'must be non-negative'));
  if (leaderElection.leaderElect !== false) errors.push(...leaderErrors(leaderElection));
  if (parallelism <= 0) errors.push(invalid('parallelism', parallelism, 'should be an integer value greater than zero'));
  for (const [i, profile] of profiles.entries()) {
    errors.push(...profileErrors(profile, `profiles[${i}]`));
    const first = profiles.findIndex(({ schedulerName }) => schedulerName === profile.schedulerName);
    if (first < i) errors.push(duplicate(`profiles[${i}].schedulerName`, `profiles[${first}].schedulerName`));
  }
  errors.push(...sortErrors(profiles), ...percentage('percentageOfNodesToScore', percentageOfNodesToScore));
  if (podInitialBackoffSeconds <= 0) errors.push(invalid('podInitialBackoffSeconds', podInitialBackoffSeconds, 'must be greater than 0'));
  if (podMaxBackoffSeconds < podInitialBackoffSeconds) errors.push(invalid('podMaxBackoffSeconds', podMaxBackoffSeconds, 'must be greater than or equal to PodInitialBackoffSeconds'));
  return [...errors, ...extenderErrors(extenders)];
}
