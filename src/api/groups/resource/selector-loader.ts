/** CEL costs memory and time to load: only clusters whose claims or classes select devices by it have it. */
import type { FieldError } from '../../field-error.ts';
import { forbidden, invalid } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import type { DeviceClaim, DeviceSelector } from '../../types/resource/v1.ts';
import { outside } from '../../../base/outside-work.ts';

type Check = (expression: string) => { readonly error: string; readonly costly: boolean } | undefined;

let check: Check | undefined;

/** What a definition's `load` answers for objects with these selectors: undefined once they can be checked. */
export function selectorsReady(selectors: readonly Loose<DeviceSelector>[]): Promise<void> | undefined {
  if (check !== undefined || selectors.length === 0) return undefined;
  return outside(import('../../cel/device-selector.ts')).then(({ checkDeviceSelector }) => { check = checkDeviceSelector; });
}

/** Every selector of a claim. */
export function selectorsOf(claim: Loose<DeviceClaim> | undefined): Loose<DeviceSelector>[] {
  return (claim?.requests ?? []).flatMap(({ exactly, firstAvailable = [] }) => [exactly, ...firstAvailable].flatMap((one) => one?.selectors ?? []));
}

/** What is wrong with a selector; nothing before it can be checked. */
export function checkSelector(expression: string, path: string): FieldError[] {
  const wrong = check?.(expression);
  if (wrong === undefined) return [];
  return [wrong.costly ? forbidden(path, wrong.error) : invalid(path, expression, wrong.error)];
}
