import type { VolumeMount } from '../../api/types/core/v1.ts';
import { ContainerConfigError } from '../environment/environment.ts';

/** Whether what is mounted below a read-only mount shall be read-only, too (KEP-3857). Throws ContainerConfigError where it must be and cannot. */
export function resolveRecursiveReadOnly({ name, readOnly = false, recursiveReadOnly, mountPropagation }: VolumeMount, isSupported: boolean): boolean {
  if (recursiveReadOnly === undefined || recursiveReadOnly === 'Disabled') return false;
  const fail = (problem: string): never => { throw new ContainerConfigError(`failed to resolve recursive read-only mode: volume ${JSON.stringify(name)} requested recursive read-only mode, but it is ${problem}`); };
  if (!readOnly) fail('not read-only');
  if (mountPropagation !== undefined && mountPropagation !== 'None') fail(`not compatible with propagation ${JSON.stringify(mountPropagation)}`);
  switch (recursiveReadOnly) {
    case 'IfPossible':
      return isSupported;
    case 'Enabled':
      return isSupported || fail('not supported by the runtime');
    default:
      throw new ContainerConfigError(`failed to resolve recursive read-only mode: unknown recursive read-only mode ${JSON.stringify(recursiveReadOnly)}`);
  }
}
