import { KubectlError } from './errors.ts';

/** A mistake in how a command was called: says where its help is. */
export const usageError = (message: string, path: string): KubectlError => new KubectlError(`${message}\nSee '${path} -h' for help and examples`);
