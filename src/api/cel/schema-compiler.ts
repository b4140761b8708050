/** What schemas need of CEL. Loaded with the first schema that has rules; see custom-resources/rules-loader.ts. */
export { checkSchemaRules } from './check-schema-rules.ts';
export { compileSchemaRules } from './compile-schema-rules.ts';
