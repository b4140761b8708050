import { decodeObject, strictDecodingMessage } from '../../api/codec/strict.ts';
import { decodeYaml } from '../../api/codec/yaml.ts';
import { formatFieldErrors } from '../../api/field-error.ts';
import { defaulted } from './args.ts';
import type { ExtenderConfiguration, KubeSchedulerConfiguration, PluginArgs, ProfileConfiguration } from './configuration.ts';
import { mergePlugins } from './merge.ts';
import type { ProfileSettings, SchedulerFeatures, SchedulerSettings } from './settings.ts';
import { defaultPluginsWith, noFeatures, usualPreemption } from './settings.ts';
import { argsSchema, configurationSchema } from './shapes.ts';
import { configurationErrors } from './validation.ts';

const version = 'kubescheduler.config.k8s.io/v1';

/** All there are, with every feature. */
const known: ReadonlySet<string> = new Set(defaultPluginsWith({ podGroups: true, gangs: true }).map(({ name }) => name));

/** What a configuration file says. */
export interface ReadConfiguration {
  readonly settings: SchedulerSettings;
  readonly extenders: readonly ExtenderConfiguration[];
  /** Undefined: the file does not say. */
  readonly leaderElect: boolean | undefined;
  /** Whoever does not lead yet knows nothing of the cluster: less to hold, and more to wait for when it comes to that. */
  readonly delayCacheUntilActive: boolean;
}

/** Decodes strictly: a field that is not known is an error, as is a value of another type. */
function decode<T>(value: unknown, schema: NonNullable<ReturnType<typeof argsSchema>>, duplicates: readonly string[] = []): { readonly object: T; readonly problems: readonly string[] } {
  const { object, errors, unknownFields } = decodeObject(value, schema, { copy: true });
  if (errors.length > 0) throw new Error(errors[0]);
  return { object: object as T, problems: [...duplicates, ...unknownFields] };
}

/** The arguments of a profile's plug-ins, decoded and defaulted; `problems` gathers what is not known. */
function withArgs(profile: ProfileConfiguration, index: number, problems: string[]): ProfileConfiguration {
  const pluginConfig = (profile.pluginConfig ?? []).map(({ name = '', args }, j) => {
    const schema = argsSchema(name);
    if (schema === undefined) return { name, args };
    const at = `decoding .profiles[${index}].pluginConfig[${j}]: `;
    const { kind = `${name}Args`, apiVersion = version } = (args ?? {}) as { readonly kind?: string; readonly apiVersion?: string };
    if (kind !== `${name}Args` || apiVersion !== version) throw new Error(`${at}args for plugin ${name} were not of type ${name}Args.kubescheduler.config.k8s.io, got ${kind}.${apiVersion.split('/')[0]}`);
    try {
      const decoded = decode<PluginArgs[keyof PluginArgs]>(args ?? {}, schema);
      if (decoded.problems.length > 0) problems.push(`${at}strict decoding error: decoding args for plugin ${name}: ${strictDecodingMessage(decoded.problems)}`);
      return { name, args: defaulted[name as keyof PluginArgs](decoded.object as never) };
    } catch (error) {
      throw new Error(`${at}decoding args for plugin ${name}: ${(error as Error).message}`, { cause: error });
    }
  });
  return { ...profile, pluginConfig };
}

function profileSettings(profile: ProfileConfiguration, ignored: readonly string[], features: SchedulerFeatures): ProfileSettings {
  const { schedulerName = '', percentageOfNodesToScore } = profile;
  const { plugins, points, preempts, binds, sorts } = mergePlugins(profile.plugins, defaultPluginsWith(features));
  if (sorts.length === 0) throw new Error(`initializing profiles: creating profile for scheduler name ${schedulerName}: at least one queue sort plugin is needed for profile with scheduler name ${JSON.stringify(schedulerName)}`);
  if (!binds) throw new Error(`initializing profiles: creating profile for scheduler name ${schedulerName}: at least one bind plugin is needed for profile with scheduler name ${JSON.stringify(schedulerName)}`);
  const stranger = plugins.find(({ name }) => !known.has(name));
  if (stranger !== undefined) throw new Error(`initializing profiles: creating profile for scheduler name ${schedulerName}: plugin ${JSON.stringify(stranger.name)} does not exist`);
  // Upstream takes it, and waits for ever to see groups that nobody serves.
  if (!features.gangs && plugins.some(({ name }) => name === 'GangScheduling')) throw new Error(`initializing profiles: creating profile for scheduler name ${schedulerName}: plugin "GangScheduling" is behind the feature gate GangScheduling, which is off`);
  const args: Record<string, unknown> = Object.fromEntries((profile.pluginConfig ?? []).map((one) => [one.name ?? '', one.args]));
  const fit = (args['NodeResourcesFit'] ?? defaulted.NodeResourcesFit({})) as PluginArgs['NodeResourcesFit'];
  // What an extender looks after, the scheduler need not.
  args['NodeResourcesFit'] = { ...fit, ignoredResources: [...(fit.ignoredResources ?? []), ...ignored] };
  return {
    schedulerName, plugins, points, args,
    ...(percentageOfNodesToScore !== undefined && { percentageOfNodesToScore }),
    ...(preempts && { preemption: { ...usualPreemption, ...(args['DefaultPreemption'] as object | undefined) } }),
  };
}

/** Reads a KubeSchedulerConfiguration, YAML or JSON, as strictly as upstream and in its words. Throws an Error. */
export function readSchedulerConfiguration(text: string, features = noFeatures): ReadConfiguration {
  const { value, duplicates } = decodeYaml(text);
  const { apiVersion = '', kind = '' } = (value ?? {}) as { readonly apiVersion?: string; readonly kind?: string };
  if (kind === '') throw new Error("Object 'Kind' is missing in the configuration");
  if (apiVersion !== version || kind !== 'KubeSchedulerConfiguration') throw new Error(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}: wants KubeSchedulerConfiguration of ${version}`);
  const { object, problems } = decode<KubeSchedulerConfiguration>(value, configurationSchema(), duplicates);
  if (problems.length > 0) throw new Error(strictDecodingMessage(problems));
  const given = (object.profiles ?? []).length === 0 ? [{}] : object.profiles!;
  const unknown: string[] = [];
  const profiles = given.map((profile: ProfileConfiguration, i) => withArgs(given.length === 1 && profile.schedulerName === undefined ? { ...profile, schedulerName: 'default-scheduler' } : profile, i, unknown));
  if (unknown.length > 0) throw new Error(`strict decoding error: ${unknown.join(', ')}`);
  const complete = { ...object, profiles, parallelism: object.parallelism ?? 16, podInitialBackoffSeconds: object.podInitialBackoffSeconds ?? 1, podMaxBackoffSeconds: object.podMaxBackoffSeconds ?? 10 };
  const errors = configurationErrors(complete);
  if (errors.length > 0) throw new Error(formatFieldErrors(errors));
  const extenders = object.extenders ?? [];
  const ignored = extenders.flatMap(({ managedResources = [] }) => managedResources.flatMap(({ name = '', ignoredByScheduler }) => (ignoredByScheduler === true ? [name] : [])));
  return {
    settings: {
      profiles: profiles.map((profile) => profileSettings(profile, ignored, features)),
      backoff: { initialMs: complete.podInitialBackoffSeconds * 1000, maxMs: complete.podMaxBackoffSeconds * 1000 },
      percentageOfNodesToScore: object.percentageOfNodesToScore ?? 0,
      ...(features.podGroups && { podGroups: true }),
    },
    extenders,
    leaderElect: object.leaderElection?.leaderElect,
    delayCacheUntilActive: object.delayCacheUntilActive === true,
  };
}
