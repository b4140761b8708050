import type { Attributes, Authorizer, Decision } from './authorizer.ts';

/** Several error sentences as Go's aggregate prints them: each once. */
export function aggregate(errors: readonly string[]): string {
  const distinct = [...new Set(errors)];
  return distinct.length === 1 ? distinct[0]! : `[${distinct.join(', ')}]`;
}

/** What the authorizers asked so far had to say beside their verdict. */
interface Said {
  readonly reasons: string[];
  readonly errors: string[];
}

/** Made when somebody says something: most requests are decided without. */
function noted(said: Said | undefined, { reason, error }: Decision): Said | undefined {
  if (reason === '' && error === undefined) return said;
  const all = said ?? { reasons: [], errors: [] };
  if (reason !== '') all.reasons.push(reason);
  if (error !== undefined) all.errors.push(error);
  return all;
}

const silence: Decision = { verdict: 'no-opinion', reason: '' };

/** Asks each in turn; the first that does not say 'no-opinion' decides, else the reasons, and the errors, are put together. */
export function unionAuthorizer(authorizers: readonly Authorizer[]): Authorizer {
  const from = (index: number, attributes: Attributes, before: Said | undefined): Decision | Promise<Decision> => {
    let said = before;
    for (let i = index; i < authorizers.length; i++) {
      const decision = authorizers[i]!.authorize(attributes);
      // Stays synchronous as long as every mode does: this runs for each request.
      if (decision instanceof Promise) {
        const soFar = said;
        return decision.then((settled) => (settled.verdict === 'no-opinion' ? from(i + 1, attributes, noted(soFar, settled)) : settled));
      }
      if (decision.verdict !== 'no-opinion') return decision;
      said = noted(said, decision);
    }
    if (said === undefined) return silence;
    return { verdict: 'no-opinion', reason: said.reasons.join('\n'), ...(said.errors.length > 0 && { error: aggregate(said.errors) }) };
  };
  return { name: 'Union', authorize: (attributes) => from(0, attributes, undefined) };
}
