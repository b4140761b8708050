import type { SizeOf } from './cost-estimate.ts';
import type { DeclType } from './decl-type.ts';

/** The sizes that the schema allows, for estimates. The first step of a path is the variable. */
export function sizesOf(decl: DeclType): SizeOf {
  return (path) => {
    let at: DeclType | undefined = decl;
    for (const step of path.slice(1)) {
      if (at === undefined) return undefined;
      if (step === '@items' || step === '@values') at = at.items;
      else if (step === '@keys') at = at.keys;
      else at = at.fields?.get(step);
    }
    return at === undefined ? undefined : { min: 0, max: at.maxElements };
  };
}
