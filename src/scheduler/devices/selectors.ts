import type { DeviceMatcher } from '../../api/cel/device-selector.ts';
import type { Device, DeviceSelector } from '../../api/types/resource/v1.ts';
import { outside } from '../../base/outside-work.ts';
import type { ReachableDevice } from './pools.ts';

/** Compiled selectors that are remembered. */
const maxSelectors = 100;

/** A selector, and what it says of devices: they never change, a driver publishes others in their place. */
interface Understood { readonly matches: DeviceMatcher; readonly answers: WeakMap<Device, boolean> }

/** Which devices selectors match. What they are understood with is loaded when the first pod needs it. */
export class DeviceSelectors {
  readonly #compiled = new Map<string, Understood>();
  #compile: ((expression: string) => DeviceMatcher) | undefined;

  get isLoaded(): boolean {
    return this.#compile !== undefined;
  }

  async load(): Promise<void> {
    const { compileDeviceSelector } = await outside(import('../../api/cel/device-selector.ts'));
    this.#compile = compileDeviceSelector;
  }

  /** Does the device match all of them? Throws, naming their owner, when that cannot be told. */
  matches({ device, driver }: ReachableDevice, selectors: readonly DeviceSelector[] | undefined, owner: string): boolean {
    return (selectors ?? []).every(({ cel }, i) => {
      try {
        const { matches, answers } = this.#understood(cel?.expression ?? '');
        let answer = answers.get(device);
        if (answer === undefined) answers.set(device, (answer = matches(device, driver)));
        return answer;
      } catch (error) {
        throw new Error(`${owner}: selector #${i}: CEL runtime error: ${(error as Error).message}`, { cause: error });
      }
    });
  }

  #understood(expression: string): Understood {
    let understood = this.#compiled.get(expression);
    if (understood === undefined) {
      if (this.#compile === undefined) throw new Error('device selectors are not understood yet');
      if (this.#compiled.size >= maxSelectors) this.#compiled.clear();
      this.#compiled.set(expression, (understood = { matches: this.#compile(expression), answers: new WeakMap() }));
    }
    return understood;
  }
}
