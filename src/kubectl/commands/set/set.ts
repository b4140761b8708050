import type { Command, CommandEntry } from '../../command.ts';
import { command } from '../../command.ts';

const entry = (name: string, summary: string, load: () => Promise<{ readonly default: Command }>, aliases: readonly string[] = []): CommandEntry => ({ name, summary, aliases, load: async () => (await load()).default });

export default command({
  usage: 'set SUBCOMMAND',
  description: 'Configure application resources.\n\n These commands help you make changes to existing application resources.',
  examples: `
    # Set another image in a deployment
    kubectl set image deployment/nginx nginx=nginx:1.27`,
  commands: [
    entry('env', 'Update environment variables on a pod template', () => import('./env/env.ts')),
    entry('image', 'Update the image of a pod template', () => import('./image.ts')),
    entry('resources', 'Update resource requests/limits on objects with pod templates', () => import('./resources.ts')),
    entry('selector', 'Set the selector on a resource', () => import('./selector.ts')),
    entry('serviceaccount', 'Update the service account of a resource', () => import('./service-account.ts'), ['sa']),
    entry('subject', 'Update the user, group, or service account in a role binding or cluster role binding', () => import('./subject.ts')),
  ],
});
