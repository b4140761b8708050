import { asString } from '../runtime/arguments.ts';
import { overload, type Library } from '../language/declarations.ts';
import { STRING } from '../language/types.ts';

/** What mutating policies have beside: keys as steps of JSON pointers. */
export const jsonPatch: Library = {
  'jsonpatch.escapeKey': [overload('string_jsonpatch_escapeKey_string', [STRING], STRING, (key) => asString(key).replace(/[~/]/g, (found) => (found === '/' ? '~1' : '~0')))],
};
