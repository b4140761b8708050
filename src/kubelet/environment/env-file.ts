/**
 * The value of a variable in a file of `NAME='value'` lines, or '' when it is not there: a small part of the shell's
 * syntax, in which values stand in single quotes and may go on over lines (KEP-3721). Throws an Error, worded as upstream.
 */
export function envFileValue(text: string, key: string): string {
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  const fail = (line: number, problem: string): never => { throw new Error(`invalid environment variable format at line ${line}: ${problem}`); };
  for (let index = 0; index < lines.length; index++) {
    const number = index + 1;
    const line = lines[index]!.replace(/^[ \t]+/, '');
    if (line === '' || line.startsWith('#')) continue;
    const equals = line.indexOf('=');
    if (equals < 0) fail(number, "missing '='");
    const name = line.slice(0, equals);
    if (name.trim() === '') fail(number, 'empty variable name');
    if (/[ \t]$/.test(name)) fail(number, "whitespace before '=' is not allowed");
    const rest = line.slice(equals + 1);
    if (/^[ \t]/.test(rest)) {
      // As a shell reads it: the variable is empty, and what follows is something else.
      if (name === key) return '';
      continue;
    }
    if (!rest.startsWith("'")) fail(number, 'value must be enclosed in single quotes');
    let value = rest.slice(1);
    while (!value.includes("'")) {
      index++;
      if (index >= lines.length) throw new Error(`invalid environment variable format starting at line ${number}: unclosed single quote`);
      value += `\n${lines[index]!}`;
    }
    const after = value.slice(value.indexOf("'") + 1).replace(/^[ \t]+/, '');
    if (after !== '' && !after.startsWith('#')) fail(index + 1, 'unexpected content after closing quote');
    if (name === key) return value.slice(0, value.indexOf("'"));
  }
  return '';
}
