/** How the next holder of a lease is chosen: what leases and those who want them have in common. */
import { invalid, notSupported } from '../../field-error.ts';
import { qualifiedName } from '../../meta/validation.ts';
import type { Errors } from '../../pod/validation/rules.ts';

export const oldestEmulationVersion = 'OldestEmulationVersion';

/** One of Kubernetes' own strategies, or anybody's with a domain before the name. `path`: of the field, which upstream names twice. */
export function validateLeaseStrategy(strategy: string, path: string, errors: Errors): void {
  const at = `${path}.strategy`;
  if (strategy.includes('/')) for (const message of qualifiedName(strategy)) errors.push(invalid(at, strategy, message));
  else if (strategy !== oldestEmulationVersion) errors.push(notSupported(at, strategy, [oldestEmulationVersion]));
}
