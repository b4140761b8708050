/**
 * Loaded before a file of tests (`--import`): our own modules are found where their imports say.
 *
 * Node looks for links, the folder's package and what is in the file before it loads a module: a third of what loading takes,
 * and a whole cluster is a thousand modules. An import of ours is a relative path with its ending, and what ends in `.ts`
 * is a module; packages are found as ever.
 */
import { registerHooks } from 'node:module';

registerHooks({
  resolve(specifier, context, next) {
    const { parentURL } = context;
    const isOurs = specifier.startsWith('.') && specifier.endsWith('.ts') && parentURL?.startsWith('file:') === true;
    return isOurs ? { url: new URL(specifier, parentURL).href, format: 'module-typescript', shortCircuit: true } : next(specifier, context);
  },
});
