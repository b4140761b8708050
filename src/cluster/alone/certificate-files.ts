import { mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { CertificatePair } from '../../kubelet/certificates/certificate-manager.ts';
import { writeFileAtomic } from '../../pki/files.ts';

/** One certificate on the disk, and its predecessors: files as upstream's kubelet keeps them, readable by their owner alone. */
export interface CertificateFiles {
  /** `NAME-current.pem`: the certificate, and its key after it. */
  readonly current: string;
  load(): Promise<CertificatePair | undefined>;
  save(pair: CertificatePair, nowMs: number): Promise<void>;
}

/** Files in a folder; `name` is `kubelet-client` or `kubelet-server`. */
export function certificateFiles(folder: string, name: string): CertificateFiles {
  const current = join(folder, `${name}-current.pem`);
  return {
    current,
    async load() {
      const text = await readFile(current, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
      const blocks = text?.match(/-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----\n?/g) ?? [];
      const key = blocks.find((block) => block.includes('PRIVATE KEY'));
      const certificate = blocks.filter((block) => block.startsWith('-----BEGIN CERTIFICATE')).join('');
      return key === undefined || certificate === '' ? undefined : { certificate, key };
    },
    async save({ certificate, key }, nowMs) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const dated = `${name}-${new Date(nowMs).toISOString().slice(0, 19).replaceAll(/[T:]/g, '-')}.pem`;
      await writeFileAtomic(join(folder, dated), `${certificate.trimEnd()}\n${key}`, 0o600);
      // Whoever reads while it changes reads the one or the other.
      const next = `${current}.next`;
      await rm(next, { force: true });
      await symlink(dated, next);
      await rename(next, current);
    },
  };
}
