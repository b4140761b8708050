import type { Command } from '../../command.ts';
import { command } from '../../command.ts';
import type { Section } from '../../config/edit-kubeconfig.ts';
import { KubeconfigEditor } from '../../config/edit-kubeconfig.ts';
import { KubectlError } from '../../errors.ts';
import { usageError } from '../../usage-error.ts';

function deleteOf(section: Section, noun: 'cluster' | 'context' | 'user'): Command {
  return command({
    usage: `delete-${noun} NAME`,
    description: `Delete the specified ${noun} from the kubeconfig.`,
    examples: `
    # The ${noun} staging is no longer needed
    kubectl config delete-${noun} staging`,
    async run({ session, args, path }) {
      const [name] = args;
      if (name === undefined || args.length !== 1) throw usageError(noun === 'user' ? 'user to delete is required' : `Unexpected args: [${args.join(' ')}]`, path);
      const editor = await KubeconfigEditor.open(session);
      if (!editor.config[section].has(name)) throw new KubectlError(`cannot delete ${noun} ${name}, not in ${editor.file}`);
      if (noun === 'context' && editor.config.currentContext === name) await session.io.stderr.write('warning: this removed your active context, use "kubectl config use-context" to select a different one\n');
      editor.delete(section, name);
      editor.save();
      await session.io.stdout.write(`deleted ${noun} ${name} from ${editor.file}\n`);
    },
  });
}

export const deleteCluster = deleteOf('clusters', 'cluster');
export const deleteContext = deleteOf('contexts', 'context');
export const deleteUser = deleteOf('users', 'user');
