import { readFile } from 'node:fs/promises';
import { parseEncryptionConfiguration } from '../apiserver/encryption/configuration.ts';
import type { Encryption } from '../apiserver/encryption/open-encryption.ts';
import { openEncryption } from '../apiserver/encryption/open-encryption.ts';
import type { Gauge } from '../apiserver/metrics/registry.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { ConfigFile } from './reloaded-file.ts';
import { ReloadedFile } from './reloaded-file.ts';

interface Parts { readonly clock: Clock; readonly random: Random; readonly logger: Logger }

/** What values are sealed with, and what is counted of its file where that is followed. */
export interface ReadEncryption {
  readonly encryption: Encryption;
  readonly metrics: readonly Gauge[];
  /** Looks at the file now, where it is followed. */
  look(): Promise<void>;
}

/** New key services get this long to prove healthy, and those before them as long to finish what they are at, as upstream. */
const graceMs = 10_000;
const healthPollMs = 100;

/** Reads `--encryption-provider-config`. Rejects with an Error of one line that names the file and what is wrong in it. */
export async function readEncryption(path: string, parts: Parts, options: { readonly reload?: boolean } = {}): Promise<ReadEncryption> {
  const inside = { ...parts, logger: parts.logger.named('encryption') };
  const read = async (text: string): Promise<Encryption> => openEncryption(parseEncryptionConfiguration((await import('yaml')).parse(text)), inside);
  try {
    const text = await readFile(path, 'utf8');
    const value = await read(text);
    if (options.reload !== true) return { encryption: value, metrics: [], look: () => Promise.resolve() };
    return await followed({ path, text, value, read }, inside);
  } catch (error) {
    throw new Error(`--encryption-provider-config ${path}: ${(error as Error).message.split('\n')[0]}`, { cause: error });
  }
}

async function healthy({ health }: Encryption, clock: Clock): Promise<void> {
  const until = clock.monotonicMs() + graceMs;
  for (;;) {
    try {
      for (const { check } of health) await check();
      return;
    } catch (error) {
      if (clock.monotonicMs() >= until) throw new Error(`health check for new transformers failed: ${(error as Error).message}`, { cause: error });
      await clock.sleep(healthPollMs);
    }
  }
}

/** Encryption that becomes another when its file does: values are sealed and opened as the newest content that works says. */
async function followed(file: ConfigFile<Encryption>, parts: Parts): Promise<ReadEncryption> {
  const { clock } = parts;
  let current = file.value;
  const opened = async (text: string): Promise<Encryption> => {
    const next = await file.read(text);
    await healthy(next, clock).catch((error: unknown) => {
      next[Symbol.dispose]();
      throw error;
    });
    return next;
  };
  const reloaded = await ReloadedFile.open({ ...file, read: opened }, { ...parts, configures: 'encryption', retry: true });
  reloaded.onChange((next) => {
    const before = current;
    current = next;
    clock.setTimer(graceMs, () => before[Symbol.dispose](), { unref: true });
  });
  return {
    metrics: reloaded.metrics,
    look: () => reloaded.look(),
    encryption: {
      transformerFor: (key) => current.transformerFor(key),
      // One check for all key services there may ever be, as upstream has it where the file is followed.
      health: [{ name: 'kms-providers', check: async () => { for (const { check } of current.health) await check(); } }],
      [Symbol.dispose]: () => {
        reloaded[Symbol.dispose]();
        current[Symbol.dispose]();
      },
    },
  };
}
