import { decodeYaml } from '../../api/codec/yaml.ts';
import { sortKeys } from '../printers/go-json.ts';

/** Why an edited file comes back to the user. */
export interface EditReason { readonly head: string; readonly other: readonly string[] }

const oneComment = (text: string): string => text.replaceAll(/\n(?!#|$)/g, '\n# ');

/** What stands above the object, with what was wrong with the last try. */
export function editHeader(reasons: readonly EditReason[], { lastApplied }: { readonly lastApplied: boolean }): string {
  const intro = lastApplied
    ? '# Please edit the \'last-applied-configuration\' annotations below.\n# Lines beginning with a \'#\' will be ignored, and an empty file will abort the edit.\n#\n'
    : '# Please edit the object below. Lines beginning with a \'#\' will be ignored,\n# and an empty file will abort the edit. If an error occurs while saving this file will be\n# reopened with the relevant failures.\n#\n';
  return intro + reasons.map(({ head, other }) => `# ${oneComment(head)}${other.length > 0 ? ':' : ''}\n${other.map((line) => `# * ${oneComment(line)}\n`).join('')}#\n`).join('');
}

/** Without the lines that are comments. */
export const withoutComments = (text: string): string => text.split('\n').filter((line) => !/^\s*#(?!!)/.test(line)).join('\n');

/** What a file says, however it is written: two files that say the same have the same. */
export function meaningOf(text: string): string {
  try {
    return JSON.stringify(sortKeys(decodeYaml(text).value));
  } catch {
    return withoutComments(text);
  }
}

/** Whether there is anything but comments. */
export const hasContent = (text: string): boolean => withoutComments(text).trim() !== '';
