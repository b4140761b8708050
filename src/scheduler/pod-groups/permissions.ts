import type { PodInfo } from '../cache/pod-info.ts';
import type { Permission, Plugin } from '../framework/plugin.ts';

/** What a pod waits for that has its place, by plug-in. */
export type Permissions = ReadonlyMap<string, Permission>;

/** Asks the plug-ins whether the pod may be bound; undefined: it may. Throws, in upstream's words for who failed. */
export function permissionsOf(plugins: readonly Plugin[], pod: PodInfo, nodeName: string): Permissions | undefined {
  let found: Map<string, Permission> | undefined;
  for (const plugin of plugins) {
    try {
      const permission = plugin.permit?.(pod, nodeName);
      if (permission !== undefined) (found ??= new Map()).set(plugin.name, permission);
    } catch (error) {
      throw new Error(`running Permit plugin ${JSON.stringify(plugin.name)}: ${(error as Error).message}`, { cause: error });
    }
  }
  return found;
}

/** What the user is told of it: the last one's reason, as upstream has it. */
export const permissionsText = (permissions: Permissions): string => `${[...permissions.values()].at(-1)?.reason ?? ''}, one or more plugins asked to wait and no plugin rejected pod`;
