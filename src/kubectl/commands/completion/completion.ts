import { command } from '../../command.ts';
import { usageError } from '../../usage-error.ts';
import { scripts } from './scripts.ts';

export default command({
  usage: 'completion SHELL',
  description: 'Print what a shell (bash, zsh, fish or powershell) has to be told so that it completes commands, flags, and the names of what the cluster has.',
  examples: `
    # In bash, now
    source <(kubectl completion bash)

    # In zsh, now
    source <(kubectl completion zsh)

    # In fish, from now on
    kubectl completion fish > ~/.config/fish/completions/kubectl.fish`,
  async run({ session, args, path }) {
    const [shell] = args;
    if (shell === undefined) throw usageError('Shell not specified.', path);
    if (args.length > 1) throw usageError('Too many arguments. Expected only the shell type.', path);
    if (!Object.hasOwn(scripts, shell)) throw usageError(`Unsupported shell type ${JSON.stringify(shell)}.`, path);
    await session.io.stdout.write(scripts[shell as keyof typeof scripts]);
  },
});
