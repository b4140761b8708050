/** `--name=value`, `--name value`, and `--name` alone, which means true. */
export function optionsOf(args: readonly string[]): Map<string, string> {
  const options = new Map<string, string>();
  for (let index = 0; index < args.length; index++) {
    const [, name, value] = /^--?([^=]+)(?:=(.*))?$/.exec(args[index] ?? '') ?? [];
    if (name === undefined) continue;
    const next = args[index + 1];
    if (value === undefined && next !== undefined && !/^--?[a-z]/.test(next)) {
      options.set(name, next);
      index++;
    } else options.set(name, value ?? 'true');
  }
  return options;
}

/** A port; -1 means that none is listened on. */
export const portOf = (options: ReadonlyMap<string, string>, name: string, otherwise: number): number => Number(options.get(name) ?? otherwise);
