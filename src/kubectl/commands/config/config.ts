import type { Command, CommandEntry } from '../../command.ts';
import { command } from '../../command.ts';

const entry = (name: string, summary: string, load: () => Promise<Command>, aliases: readonly string[] = []): CommandEntry => ({ name, summary, load, aliases });

export default command({
  usage: 'config SUBCOMMAND',
  description: `Modify kubeconfig files using subcommands like "kubectl config set current-context my-context".

 Which file is meant: that of --kubeconfig; else those that $KUBECONFIG lists, of which an entry is changed in the file that has it, and added to the first that is there; else $HOME/.kube/config.`,
  commands: [
    entry('current-context', 'Display the current-context', async () => (await import('./contexts.ts')).currentContext),
    entry('delete-cluster', 'Delete the specified cluster from the kubeconfig', async () => (await import('./delete.ts')).deleteCluster),
    entry('delete-context', 'Delete the specified context from the kubeconfig', async () => (await import('./delete.ts')).deleteContext),
    entry('delete-user', 'Delete the specified user from the kubeconfig', async () => (await import('./delete.ts')).deleteUser),
    entry('get-clusters', 'Display clusters defined in the kubeconfig', async () => (await import('./contexts.ts')).getClusters),
    entry('get-contexts', 'Describe one or many contexts', async () => (await import('./contexts.ts')).getContexts),
    entry('get-users', 'Display users defined in the kubeconfig', async () => (await import('./contexts.ts')).getUsers),
    entry('rename-context', 'Rename a context from the kubeconfig file', async () => (await import('./contexts.ts')).renameContext),
    entry('set', 'Set an individual value in a kubeconfig file', async () => (await import('./set.ts')).set),
    entry('set-cluster', 'Set a cluster entry in kubeconfig', async () => (await import('./set-cluster.ts')).default),
    entry('set-context', 'Set a context entry in kubeconfig', async () => (await import('./set-context.ts')).default),
    entry('set-credentials', 'Set a user entry in kubeconfig', async () => (await import('./set-credentials.ts')).default),
    entry('unset', 'Unset an individual value in a kubeconfig file', async () => (await import('./set.ts')).unset),
    entry('use-context', 'Set the current-context in a kubeconfig file', async () => (await import('./contexts.ts')).useContext, ['use']),
    entry('view', 'Display merged kubeconfig settings or a specified kubeconfig file', async () => (await import('./view.ts')).default),
  ],
});
