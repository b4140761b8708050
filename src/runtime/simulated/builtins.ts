export interface CommandResult { readonly stdout: string; readonly stderr: string; readonly exitCode: number }

type Environment = ReadonlyMap<string, string>;

const ok = (stdout: string): CommandResult => ({ stdout, stderr: '', exitCode: 0 });
const notHere = (name: string): CommandResult => ({ stdout: '', stderr: `${name}: not found: this container is simulated and knows only echo, env, printenv, hostname, true, false and sh -c with these\n`, exitCode: 127 });

/** Runs one of the few commands that a simulated container knows. Never throws. */
export function runBuiltin(command: readonly string[], environment: Environment): CommandResult {
  const [path = '', ...args] = command;
  const name = path.replace(/^\/(usr\/)?bin\//, '');
  switch (name) {
    case 'echo': {
      const bare = args[0] === '-n';
      return ok(`${(bare ? args.slice(1) : args).join(' ')}${bare ? '' : '\n'}`);
    }
    case 'env':
      return ok([...environment].map(([key, value]) => `${key}=${value}\n`).join(''));
    case 'printenv': {
      if (args.length === 0) return runBuiltin(['env'], environment);
      const value = environment.get(args[0]!);
      return value === undefined ? { stdout: '', stderr: '', exitCode: 1 } : ok(`${value}\n`);
    }
    case 'hostname':
      return ok(`${environment.get('HOSTNAME') ?? 'localhost'}\n`);
    case 'true':
    case ':':
      return ok('');
    case 'false':
      return { stdout: '', stderr: '', exitCode: 1 };
    case 'exit':
      return { stdout: '', stderr: '', exitCode: Number(args[0] ?? '0') & 0xff };
    case 'sh':
    case 'bash':
    case 'ash': {
      const flag = args.findIndex((argument) => /^-[a-z]*c$/.test(argument));
      const script = flag < 0 ? undefined : args[flag + 1];
      if (script === undefined) return { stdout: '', stderr: `${name}: not supported: interactive shells in a simulated container\n`, exitCode: 127 };
      return runScript(script, environment);
    }
    default:
      return notHere(path);
  }
}

/** `a; b && c || d` of built-ins, with quotes and `$NAME`; no pipes, redirections or control flow. */
function runScript(script: string, environment: Environment): CommandResult {
  let stdout = '';
  let stderr = '';
  let exitCode = 0;
  for (const { operator, words } of parseScript(script, environment)) {
    if (operator === '&&' && exitCode !== 0) continue;
    if (operator === '||' && exitCode === 0) continue;
    if (words.length === 0) continue;
    const result = runBuiltin(words, environment);
    stdout += result.stdout;
    stderr += result.stderr;
    exitCode = result.exitCode;
    if (words[0] === 'exit') break;
  }
  return { stdout, stderr, exitCode };
}

type Operator = ';' | '&&' | '||';

function parseScript(script: string, environment: Environment): { operator: Operator; words: string[] }[] {
  const commands: { operator: Operator; words: string[] }[] = [];
  let operator: Operator = ';';
  let words: string[] = [];
  let word: string | undefined;
  const endWord = (): void => {
    if (word !== undefined) words.push(word);
    word = undefined;
  };
  const endCommand = (next: Operator): void => {
    endWord();
    commands.push({ operator, words });
    operator = next;
    words = [];
  };
  for (const match of script.matchAll(/&&|\|\||[;\n]|\s|'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|\$\{?(\w+)\}?|./g)) {
    const [token, single, double, escaped, name] = match;
    if (token === '&&' || token === '||') endCommand(token);
    else if (token === ';' || token === '\n') endCommand(';');
    else if (/^\s$/.test(token)) endWord();
    else if (single !== undefined) word = (word ?? '') + single;
    else if (double !== undefined) word = (word ?? '') + double.replace(/\\(.)/g, '$1').replace(/\$\{?(\w+)\}?/g, (_, key: string) => environment.get(key) ?? '');
    else if (escaped !== undefined) word = (word ?? '') + escaped;
    else if (name !== undefined) word = (word ?? '') + (environment.get(name) ?? '');
    else word = (word ?? '') + token;
  }
  endCommand(';');
  return commands;
}
