export interface CommandOutcome { readonly exitCode: number; readonly stdout: string; readonly stderr: string }

/** Runs a program of the system, without a shell. Never rejects. */
export type RunCommand = (file: string, args: readonly string[], options?: { readonly input?: string }) => Promise<CommandOutcome>;

/** What it printed. Rejects with one line, which says what was not possible. */
export async function must(run: RunCommand, file: string, args: readonly string[], { purpose, input }: { readonly purpose: string; readonly input?: string }): Promise<string> {
  const { exitCode, stdout, stderr } = await run(file, args, input === undefined ? {} : { input });
  if (exitCode !== 0) throw new Error(`cannot ${purpose}: ${stderr.trim().split('\n')[0] ?? ''}`);
  return stdout;
}

/** The MTU of an interface; undefined when there is no such interface. */
export async function mtuOf(run: RunCommand, ip: string, link: string): Promise<number | undefined> {
  const { exitCode, stdout } = await run(ip, ['-o', 'link', 'show', 'dev', link]);
  const mtu = / mtu (\d+)/.exec(stdout)?.[1];
  return exitCode !== 0 || mtu === undefined ? undefined : Number(mtu);
}
