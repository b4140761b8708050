/**
 * Loaded before a file of tests (`--import`): promises at their full speed.
 *
 * Node's test runner follows each promise by an asynchronous hook, to tell of an error that nobody caught in which test it
 * began. That is a call and an entry in a map for every `await` of a cluster, a sixth of all processor time of the tests.
 * Without it such an error still fails the run, and is told with its stack instead of its test. Nothing else here has
 * hooks (`AsyncLocalStorage` needs none); a file that is run by itself, without `npm test`, is followed as ever.
 */
import { createHook } from 'node:async_hooks';
import { inspect } from 'node:util';
import { uncaught } from './test-summary.ts';

const hooks = Object.getPrototypeOf(createHook({})) as ReturnType<typeof createHook>;
hooks.enable = function unfollowed() { return this; };

process.on('uncaughtExceptionMonitor', (error) => { process.stderr.write(`${uncaught}${JSON.stringify(inspect(error))}\n`); });
