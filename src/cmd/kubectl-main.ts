import { kubectlProgram } from './kubectl.ts';

// The `kubectl` executable: everything after its name is the command line.
void kubectlProgram(process.argv.slice(2));
