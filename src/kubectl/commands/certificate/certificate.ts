import { command } from '../../command.ts';
import { decidingCommand } from './deciding.ts';

export default command({
  usage: 'certificate SUBCOMMAND',
  description: 'Modify certificate resources.',
  commands: [
    { name: 'approve', summary: 'Approve a certificate signing request', load: () => Promise.resolve(decidingCommand('approve')) },
    { name: 'deny', summary: 'Deny a certificate signing request', load: () => Promise.resolve(decidingCommand('deny')) },
  ],
  aloneShowsHelp: true,
});
