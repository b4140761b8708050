import { command } from '../../../command.ts';
import type { Command, CommandEntry } from '../../../command.ts';

const entry = (name: string, summary: string, load: () => Promise<{ readonly default: Command }>): CommandEntry => ({ name, summary, load: async () => (await load()).default });

export default command({
  usage: 'secret (docker-registry | generic | tls)',
  description: `Create a secret with specified type.

 A docker-registry type secret is for accessing a container registry, a generic one holds what you like, and a tls one a certificate and its key.`,
  commands: [
    entry('docker-registry', 'Create a secret for use with a Docker registry', () => import('./docker-registry.ts')),
    entry('generic', 'Create a secret from a local file, directory, or literal value', () => import('./generic.ts')),
    entry('tls', 'Create a TLS secret', () => import('./tls.ts')),
  ],
});
