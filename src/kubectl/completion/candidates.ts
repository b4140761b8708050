/** What a shell does with the candidates, as cobra numbers it: nothing more (4), or its own file names (0). */
type Directive = 'names' | 'files';

/** What a word may be completed to. */
export interface Candidates { readonly words: readonly string[]; readonly directive: Directive }
