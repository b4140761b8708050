import type { Attributes, Authorizer, Decision } from './authorizer.ts';

/** Asks each in turn; the first that does not say 'no-opinion' decides, else the reasons are put together. */
export function unionAuthorizer(authorizers: readonly Authorizer[]): Authorizer {
  const from = (index: number, attributes: Attributes, reasons: string[]): Decision | Promise<Decision> => {
    for (let i = index; i < authorizers.length; i++) {
      const decision = authorizers[i]!.authorize(attributes);
      // Stays synchronous as long as every mode does: this runs for each request.
      if (decision instanceof Promise) {
        return decision.then((settled) => {
          if (settled.verdict !== 'no-opinion') return settled;
          if (settled.reason !== '') reasons.push(settled.reason);
          return from(i + 1, attributes, reasons);
        });
      }
      if (decision.verdict !== 'no-opinion') return decision;
      if (decision.reason !== '') reasons.push(decision.reason);
    }
    return { verdict: 'no-opinion', reason: reasons.join('\n') };
  };
  return { name: 'Union', authorize: (attributes) => from(0, attributes, []) };
}
