/** Where a walk over an object is: joined only when something is said about the place. */
export type Step = string | number;

/** `spec.list[0].bar`. */
export function joinPath(steps: readonly Step[]): string {
  let path = '';
  for (const step of steps) {
    if (typeof step === 'number') path += `[${step}]`;
    else path += path === '' ? step : `.${step}`;
  }
  return path;
}
