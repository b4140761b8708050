import type { DeviceMatcher } from '../../../api/cel/device-selector.ts';
import type { DeviceSelector } from '../../../api/types/resource/v1.ts';
import type { ReachableDevice } from './pools.ts';
import { outside } from '../../../base/outside-work.ts';

/** Compiled selectors that are remembered. */
const maxSelectors = 100;

/** Which devices selectors match. What they are understood with is loaded when the first pod needs it. */
export class DeviceSelectors {
  readonly #compiled = new Map<string, DeviceMatcher>();
  #compile: ((expression: string) => DeviceMatcher) | undefined;
  #loading: Promise<void> | undefined;

  get isLoaded(): boolean {
    return this.#compile !== undefined;
  }

  load(): Promise<void> {
    return (this.#loading ??= outside(import('../../../api/cel/device-selector.ts')).then(({ compileDeviceSelector }) => { this.#compile = compileDeviceSelector; }));
  }

  /** Does the device match all of them? Throws, naming their owner, when that cannot be told. */
  matches({ device, driver }: ReachableDevice, selectors: readonly DeviceSelector[] | undefined, owner: string): boolean {
    return (selectors ?? []).every(({ cel }, i) => {
      try {
        return this.#matcher(cel?.expression ?? '')(device, driver);
      } catch (error) {
        throw new Error(`${owner}: selector #${i}: CEL runtime error: ${(error as Error).message}`, { cause: error });
      }
    });
  }

  #matcher(expression: string): DeviceMatcher {
    let matcher = this.#compiled.get(expression);
    if (matcher === undefined) {
      if (this.#compile === undefined) throw new Error('device selectors are not understood yet');
      if (this.#compiled.size >= maxSelectors) this.#compiled.clear();
      this.#compiled.set(expression, (matcher = this.#compile(expression)));
    }
    return matcher;
  }
}
