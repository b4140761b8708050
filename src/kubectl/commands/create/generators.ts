import type { Command, CommandEntry } from '../../command.ts';

const entry = (name: string, summary: string, load: () => Promise<{ readonly default: Command }>, aliases: readonly string[] = []): CommandEntry => ({ name, summary, aliases, load: async () => (await load()).default });

/** `kubectl create KIND`: each makes one object from flags. */
export const generators: readonly CommandEntry[] = [
  entry('configmap', 'Create a config map from a local file, directory or literal value', () => import('./config-map.ts'), ['cm']),
  entry('deployment', 'Create a deployment with the specified name', () => import('./deployment.ts'), ['deploy']),
  entry('namespace', 'Create a namespace with the specified name', () => import('./namespace.ts'), ['ns']),
  entry('serviceaccount', 'Create a service account with the specified name', () => import('./service-account.ts'), ['sa']),
];
