import { command } from '../../command.ts';

export default command({
  usage: 'auth',
  description: 'Inspect authorization.',
  commands: [
    { name: 'can-i', summary: 'Check whether an action is allowed', load: async () => (await import('./can-i.ts')).default },
    { name: 'reconcile', summary: 'Reconciles rules for RBAC role, role binding, cluster role, and cluster role binding objects', load: async () => (await import('./reconcile.ts')).default },
    { name: 'whoami', summary: 'Experimental: Check self subject attributes', load: async () => (await import('./whoami.ts')).default },
  ],
});
