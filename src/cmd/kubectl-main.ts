import { kubectlProgram } from './kubectl.ts';

// The `kubectl` executable: everything after its name is the command line.
await kubectlProgram(process.argv.slice(2));
