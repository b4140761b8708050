import { command } from '../../command.ts';

export default command({
  usage: 'set SUBCOMMAND',
  description: 'Configure application resources.\n\n These commands help you make changes to existing application resources.',
  examples: `
    # Set another image in a deployment
    kubectl set image deployment/nginx nginx=nginx:1.27`,
  commands: [{ name: 'image', summary: 'Update the image of a pod template', load: async () => (await import('./image.ts')).default }],
});
