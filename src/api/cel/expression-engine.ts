import { expressionCompiler } from './expression-compiler.ts';

/** What dynamic admission loads of CEL with its first expression. */
export const expressionEngine = { compiler: expressionCompiler } as const;
