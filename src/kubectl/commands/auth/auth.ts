import { command } from '../../command.ts';

export default command({
  usage: 'auth',
  description: 'Inspect authorization.',
  commands: [
    { name: 'can-i', summary: 'Check whether an action is allowed', load: async () => (await import('./can-i.ts')).default },
    { name: 'whoami', summary: 'Experimental: Check self subject attributes', load: async () => (await import('./whoami.ts')).default },
  ],
});
