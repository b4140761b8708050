import { readFile } from 'node:fs/promises';
import { parseEncryptionConfiguration } from '../apiserver/encryption/configuration.ts';
import type { Encryption } from '../apiserver/encryption/open-encryption.ts';
import { openEncryption } from '../apiserver/encryption/open-encryption.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';

/** Reads `--encryption-provider-config`. Rejects with an Error of one line that names the file and what is wrong in it. */
export async function readEncryption(file: string, parts: { readonly clock: Clock; readonly random: Random; readonly logger: Logger }): Promise<Encryption> {
  try {
    const { parse } = await import('yaml');
    return await openEncryption(parseEncryptionConfiguration(parse(await readFile(file, 'utf8'))), { ...parts, logger: parts.logger.named('encryption') });
  } catch (error) {
    throw new Error(`--encryption-provider-config ${file}: ${(error as Error).message.split('\n')[0]}`, { cause: error });
  }
}
