export async function runComponent(name: string, _flags: Record<string, string>): Promise<void> {
  throw new Error(`not supported: coxswain ${name}`);
}
