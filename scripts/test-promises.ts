/**
 * Loaded before a file of tests (`--import`): promises at their full speed.
 *
 * Node's test runner follows all that is asynchronous by a hook. By it it knows in which suite a test or a `before` stands,
 * and in which test an error that nobody caught began. For promises that is a call and an entry in a map for every `await`
 * of a cluster, a sixth of all processor time of the tests. Here the hook leaves out promises, as `trackPromises: false`
 * makes it do, and nothing else: without any hook a `before` of a suite would be one of the whole file, and all of them
 * would run at once. What comes after an `await` is in no test: `test`, `before` and the like stand before the first one,
 * and an error that nobody caught still fails the run, but is told with its stack instead of its test. Nothing else here
 * has hooks (`AsyncLocalStorage` needs none); a file that is run by itself, without `npm test`, is followed as ever.
 */
import { createHook } from 'node:async_hooks';
import { inspect } from 'node:util';
import { uncaught } from './test-summary.ts';

type Hook = ReturnType<typeof createHook> & Record<symbol, unknown>;

// The runner made its hook before anything could be loaded; the option is a property of it that has no public name. A Node
// without the option follows promises as ever.
const unfollowed = createHook({ init: () => {}, trackPromises: false }) as Hook;
const leavesOutPromises = Object.getOwnPropertySymbols(unfollowed).find((symbol) => unfollowed[symbol] === true);
if (leavesOutPromises !== undefined) {
  const hooks = Object.getPrototypeOf(unfollowed) as Hook;
  const enable = hooks.enable;
  hooks.enable = function enableWithoutPromises(this: Hook) {
    this[leavesOutPromises] = true;
    return enable.call(this);
  };
}

process.on('uncaughtExceptionMonitor', (error) => { process.stderr.write(`${uncaught}${JSON.stringify(inspect(error))}\n`); });
