import { InvalidArgumentError } from 'commander';
import type { Check } from './checks.ts';
import { UsageError } from './checks.ts';

/** A check of the options as commander wants it: what it refuses is a mistake of the command line. */
export function parser(check: Check): (value: string) => unknown {
  return (value) => {
    try {
      return check(value, '');
    } catch (error) {
      if (error instanceof UsageError) throw new InvalidArgumentError(`It ${error.message.slice(2)}.`);
      throw error;
    }
  };
}
