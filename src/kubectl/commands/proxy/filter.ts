import { KubectlError } from '../../errors.ts';

/** Which requests are passed on, in regular expressions with commas between them. */
export interface FilterWish { readonly acceptPaths: string; readonly rejectPaths: string; readonly acceptHosts: string; readonly rejectMethods: string }

function expressions(text: string): RegExp[] {
  if (text === '') return [];
  return text.split(',').map((one) => {
    try {
      return new RegExp(one);
    } catch (error) {
      throw new KubectlError(`Error compiling re: ${(error as Error).message}`, { cause: error });
    }
  });
}

/** `localhost` of `localhost:8001`, `[::1]` of `[::1]:8001`. */
const hostOf = (header: string): string => header.replace(/:\d+$/, '');

/** True for requests that may pass. Throws KubectlError for an expression that is none. */
export function requestFilter(wish: FilterWish): (request: { readonly method: string; readonly path: string; readonly host: string }) => boolean {
  const [acceptPaths, rejectPaths, acceptHosts, rejectMethods] = [wish.acceptPaths, wish.rejectPaths, wish.acceptHosts, wish.rejectMethods].map(expressions) as [RegExp[], RegExp[], RegExp[], RegExp[]];
  const any = (all: readonly RegExp[], text: string): boolean => all.some((one) => one.test(text));
  return ({ method, path, host }) => !any(rejectPaths, path) && !any(rejectMethods, method) && any(acceptPaths, path) && (any(acceptHosts, hostOf(host)) || any(acceptHosts, hostOf(host).replace(/^\[(.*)\]$/, '$1')));
}
