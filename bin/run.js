// Runs one of the repository's own TypeScript scripts with the right Node.js, on a machine that has only an older one.
import { resolve } from 'node:path';
import { ensureDependencies, root, runWithNode } from './find-node.js';

await ensureDependencies();
const [script, ...args] = process.argv.slice(2);
await runWithNode([resolve(root, script), ...args]);
