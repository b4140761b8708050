import type { Plugin } from './framework/plugin.ts';
import type { Profile } from './framework/profile.ts';
import { preemptionName, profileOf } from './framework/profile.ts';
import type { ProfileSettings } from './config/settings.ts';
import type { PluginContext } from './plugins/registry.ts';
import { createPlugin } from './plugins/registry.ts';
import type { ExtensionPoint } from './framework/profile.ts';

/** The profiles by scheduler name, each with plug-ins of its own. */
export function buildProfiles(settings: readonly ProfileSettings[], context: PluginContext & { readonly preemptionGate: Plugin }): ReadonlyMap<string, Profile> {
  return new Map(settings.map((one) => [one.schedulerName, buildProfile(one, context)]));
}

function buildProfile({ schedulerName, plugins, points, args, percentageOfNodesToScore, preemption }: ProfileSettings, context: PluginContext & { readonly preemptionGate: Plugin }): Profile {
  const made = new Map<string, Plugin>();
  const make = (name: string): Plugin | undefined => {
    let plugin = made.get(name);
    if (plugin === undefined) {
      plugin = name === preemptionName ? context.preemptionGate : createPlugin(name, args[name], context);
      if (plugin !== undefined) made.set(name, plugin);
    }
    return plugin;
  };
  const list = (enabled: readonly { readonly name: string; readonly weight: number }[]): { readonly plugin: Plugin; readonly weight: number }[] => enabled.flatMap(({ name, weight }) => {
    const plugin = make(name);
    return plugin === undefined ? [] : [{ plugin, weight }];
  });
  return profileOf({
    schedulerName,
    plugins: list(plugins),
    points: Object.fromEntries(Object.entries(points).map(([point, enabled]) => [point, list(enabled)])) as Partial<Record<ExtensionPoint, readonly { readonly plugin: Plugin; readonly weight: number }[]>>,
    ...(percentageOfNodesToScore !== undefined && { percentageOfNodesToScore }),
    ...(preemption !== undefined && { preemption }),
  });
}
