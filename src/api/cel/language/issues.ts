/** Something wrong with an expression, at an offset into its source. */
export interface Issue {
  readonly at: number;
  readonly message: string;
}

/** The most that is reported of one expression, as upstream does. */
const maxIssues = 100;

/** The issues in the order of the source, each with its line and a mark: `ERROR: <input>:1:6: undefined field 'x'`. */
export function formatIssues(source: string, issues: readonly Issue[]): string {
  const lines = source.split('\n');
  const starts: number[] = [];
  let offset = 0;
  for (const line of lines) {
    starts.push(offset);
    offset += line.length + 1;
  }
  const sorted = issues.slice(0, maxIssues).sort((a, b) => a.at - b.at);
  const texts = sorted.map((issue) => formatIssue(issue, lines, starts));
  if (issues.length > maxIssues) texts.push(`${issues.length - maxIssues} more errors were truncated`);
  return texts.join('\n');
}

const maxSnippet = 16_384;

function formatIssue(issue: Issue, lines: readonly string[], starts: readonly number[]): string {
  let line = 0;
  while (line + 1 < starts.length && (starts[line + 1] ?? 0) <= issue.at) line++;
  const text = (lines[line] ?? '').replaceAll('\t', ' ');
  const before = Array.from(text.slice(0, issue.at - (starts[line] ?? 0)));
  const head = `ERROR: <input>:${line + 1}:${before.length + 1}: ${issue.message}`;
  if (text.length > maxSnippet) return head;
  const wide = (character: string | undefined): boolean => character !== undefined && character.charCodeAt(0) > 0x7f;
  const marks = before.map((character) => (wide(character) ? '\uff0e' : '.')).join('');
  return `${head}\n | ${text}\n | ${marks}${wide(text[issue.at - (starts[line] ?? 0)]) ? '\uff3e' : '^'}`;
}
