import type { CommandEntry } from '../../command.ts';
import { command } from '../../command.ts';
import type { Command } from '../../command.ts';

const entry = (name: string, summary: string, load: () => Promise<{ readonly default: Command }>): CommandEntry => ({ name, summary, load: async () => (await load()).default });

export default command({
  usage: 'rollout SUBCOMMAND',
  description: 'Manage the rollout of one or many resources.\n\n Valid resource types include: deployments, daemonsets and statefulsets.',
  examples: `
    # Rollback to the previous deployment
    kubectl rollout undo deployment/abc

    # Check the rollout status of a daemonset
    kubectl rollout status daemonset/foo

    # Restart a deployment
    kubectl rollout restart deployment/abc`,
  commands: [
    entry('history', 'View rollout history', () => import('./history.ts')),
    entry('pause', 'Mark the provided resource as paused', () => import('./pause.ts')),
    entry('restart', 'Restart a resource', () => import('./restart.ts')),
    entry('resume', 'Resume a paused resource', () => import('./resume.ts')),
    entry('status', 'Show the status of the rollout', () => import('./status.ts')),
    entry('undo', 'Undo a previous rollout', () => import('./undo.ts')),
  ],
});
