import type { ExtensionPoint } from '../framework/profile.ts';
import { preemptionName } from '../framework/profile.ts';
import type { PluginEntry, PluginSet, ProfileConfiguration } from './configuration.ts';
import type { EnabledPlugin } from './settings.ts';

const named = (entry: PluginEntry): EnabledPlugin => ({ name: entry.name ?? '', weight: entry.weight ?? 0 });
const namesOf = (entries: readonly PluginEntry[] | undefined): ReadonlySet<string> => new Set((entries ?? []).map(({ name = '' }) => name));

/** The default plug-ins with what the file says of all points at once: replaced in their place, taken out, added. */
function merged({ enabled = [], disabled }: PluginSet = {}, defaults: readonly EnabledPlugin[]): EnabledPlugin[] {
  const without = namesOf(disabled);
  const own = new Map(enabled.map((entry) => [entry.name ?? '', named(entry)]));
  const kept = without.has('*') ? [] : defaults.filter(({ name }) => !without.has(name));
  const usual = new Set(kept.map(({ name }) => name));
  return [...kept.map((plugin) => own.get(plugin.name) ?? plugin), ...enabled.map(named).filter(({ name }) => !usual.has(name))];
}

/** Who speaks at one point: those that are named there and stand in the general list first, then the rest of that list, then others. */
function at(general: readonly EnabledPlugin[], { enabled = [], disabled }: PluginSet = {}): EnabledPlugin[] {
  const without = namesOf(disabled);
  const explicit = enabled.map(named);
  const explicitNames = namesOf(enabled);
  const inGeneral = new Set(general.map(({ name }) => name));
  const overriding = explicit.filter(({ name }) => inGeneral.has(name));
  const rest = without.has('*') ? [] : general.filter(({ name }) => !without.has(name) && !explicitNames.has(name));
  return [...overriding, ...rest, ...explicit.filter(({ name }) => !inGeneral.has(name))];
}

/** Upstream: a weight of nothing is one. */
const weighted = (plugins: readonly EnabledPlugin[]): EnabledPlugin[] => plugins.map(({ name, weight }) => ({ name, weight: weight === 0 ? 1 : weight }));

/** What a profile's plug-ins come to. */
export interface MergedPlugins {
  readonly plugins: readonly EnabledPlugin[];
  readonly points: Readonly<Record<ExtensionPoint, readonly EnabledPlugin[]>>;
  readonly preempts: boolean;
  readonly binds: boolean;
  readonly sorts: readonly string[];
}

/** What the file says of a profile's plug-ins, on top of the default ones. */
export function mergePlugins(plugins: ProfileConfiguration['plugins'] = {}, defaults: readonly EnabledPlugin[]): MergedPlugins {
  const general = merged(plugins.multiPoint, defaults);
  const points = {
    gate: at(general, plugins.preEnqueue),
    prepare: at(general, plugins.preFilter),
    filter: at(general, plugins.filter),
    rescue: at(general, plugins.postFilter),
    score: weighted(at(general, plugins.score)),
    reserve: at(general, plugins.reserve),
    permit: at(general, plugins.permit),
    preBind: at(general, plugins.preBind),
  };
  const all = new Map([...general, ...Object.values(points).flat()].map((plugin) => [plugin.name, plugin]));
  const has = (name: string, set: PluginSet | undefined): boolean => at(general, set).some((plugin) => plugin.name === name);
  return {
    plugins: [...all.values()],
    points,
    preempts: has(preemptionName, plugins.postFilter),
    binds: has('DefaultBinder', plugins.bind),
    sorts: at(general, plugins.queueSort).map(({ name }) => name).filter((name) => name === 'PrioritySort'),
  };
}
