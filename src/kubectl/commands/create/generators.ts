import type { Command, CommandEntry } from '../../command.ts';

const entry = (name: string, summary: string, load: () => Promise<{ readonly default: Command }>, aliases: readonly string[] = []): CommandEntry => ({ name, summary, aliases, load: async () => (await load()).default });

/** `kubectl create KIND`: each makes one object from flags. */
export const generators: readonly CommandEntry[] = [
  entry('clusterrole', 'Create a cluster role', () => import('./cluster-role.ts')),
  entry('clusterrolebinding', 'Create a cluster role binding for a particular cluster role', () => import('./cluster-role-binding.ts')),
  entry('configmap', 'Create a config map from a local file, directory or literal value', () => import('./config-map.ts'), ['cm']),
  entry('cronjob', 'Create a cron job with the specified name', () => import('./cron-job.ts'), ['cj']),
  entry('deployment', 'Create a deployment with the specified name', () => import('./deployment.ts'), ['deploy']),
  entry('ingress', 'Create an ingress with the specified name', () => import('./ingress.ts'), ['ing']),
  entry('job', 'Create a job with the specified name', () => import('./job.ts')),
  entry('namespace', 'Create a namespace with the specified name', () => import('./namespace.ts'), ['ns']),
  entry('poddisruptionbudget', 'Create a pod disruption budget with the specified name', () => import('./pod-disruption-budget.ts'), ['pdb']),
  entry('priorityclass', 'Create a priority class with the specified name', () => import('./priority-class.ts'), ['pc']),
  entry('quota', 'Create a quota with the specified name', () => import('./quota.ts'), ['resourcequota']),
  entry('role', 'Create a role with single rule', () => import('./role.ts')),
  entry('rolebinding', 'Create a role binding for a particular role or cluster role', () => import('./role-binding.ts')),
  entry('secret', 'Create a secret using a specified subcommand', () => import('./secret/secret.ts')),
  entry('service', 'Create a service using a specified subcommand', () => import('./service/service.ts'), ['svc']),
  entry('serviceaccount', 'Create a service account with the specified name', () => import('./service-account.ts'), ['sa']),
  entry('token', 'Request a service account token', () => import('./token.ts')),
];
