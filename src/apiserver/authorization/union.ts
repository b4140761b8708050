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

function note(said: Said, { reason, error }: Decision): void {
  if (reason !== '') said.reasons.push(reason);
  if (error !== undefined) said.errors.push(error);
}

/** Asks each in turn; the first that does not say 'no-opinion' decides, else the reasons, and the errors, are put together. */
export function unionAuthorizer(authorizers: readonly Authorizer[]): Authorizer {
  const from = (index: number, attributes: Attributes, said: Said): Decision | Promise<Decision> => {
    for (let i = index; i < authorizers.length; i++) {
      const decision = authorizers[i]!.authorize(attributes);
      // Stays synchronous as long as every mode does: this runs for each request.
      if (decision instanceof Promise) {
        return decision.then((settled) => {
          if (settled.verdict !== 'no-opinion') return settled;
          note(said, settled);
          return from(i + 1, attributes, said);
        });
      }
      if (decision.verdict !== 'no-opinion') return decision;
      note(said, decision);
    }
    return { verdict: 'no-opinion', reason: said.reasons.join('\n'), ...(said.errors.length > 0 && { error: aggregate(said.errors) }) };
  };
  return { name: 'Union', authorize: (attributes) => from(0, attributes, { reasons: [], errors: [] }) };
}
