import type { Command, CommandEntry } from '../../command.ts';
import { command } from '../../command.ts';

const entry = (name: string, summary: string, load: () => Promise<{ readonly default: Command }>): CommandEntry => ({ name, summary, load: async () => (await load()).default });

export default command({
  usage: 'kuberc SUBCOMMAND',
  description: `Manage the file of your preferences (kuberc).

 It says what flags of commands are when you do not give them, holds aliases of your own, and which credential plugins may run. It is that of --kuberc; else that of $KUBERC; else $HOME/.kube/kuberc.`,
  examples: `
    # What you prefer now
    kubectl kuberc view

    # Nodes, with more columns, by a word of your own
    kubectl kuberc set --section aliases --name getn --command get --prependarg nodes --option output=wide`,
  commands: [
    entry('set', 'Set values in the kuberc configuration', () => import('./set.ts')),
    entry('view', 'Display the current kuberc configuration', () => import('./view.ts')),
  ],
});
