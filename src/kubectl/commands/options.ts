import { command } from '../command.ts';
import { globalFlags } from '../global-flags.ts';
import { optionsText } from '../help.ts';

export default command({
  usage: 'options',
  description: 'Print the list of flags inherited by all commands.',
  examples: `
    # The flags that every command has
    kubectl options`,
  run: ({ session }) => session.io.stdout.write(optionsText(globalFlags)),
});
