import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { KubectlError } from '../../../errors.ts';
import { bool, text } from '../../../flags/flags.ts';
import { generatedCommand } from '../generated.ts';
import { checkKeyPair } from './key-pair.ts';
import { secretObject } from './secret-object.ts';

function read(folder: string, file: string): Buffer {
  try {
    return readFileSync(resolve(folder, file));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new KubectlError(`Cannot read file ${file}, open ${file}: ${code === 'ENOENT' ? 'no such file or directory' : message}`, { cause: error });
  }
}

export default generatedCommand({
  usage: 'tls NAME --cert=path/to/cert/file --key=path/to/key/file [--dry-run=server|client|none]',
  failure: 'failed to create secret ',
  description: 'Create a TLS secret from the given public/private key pair.\n\n The pair must exist beforehand. The certificate must be PEM encoded and match the given private key.',
  examples: `
    # Create a new TLS secret named tls-secret with the given key pair
    kubectl create secret tls tls-secret --cert=path/to/tls.crt --key=path/to/tls.key`,
  flags: {
    'append-hash': bool('Append a hash of the secret to its name.'),
    'cert': text('Path to PEM encoded public key certificate.'),
    'key': text('Path to private key associated with given certificate.'),
  },
  check({ flags: { cert, key } }) {
    if (cert === '' || key === '') throw new KubectlError('key and cert must be specified');
  },
  make({ flags, session: { io } }, name) {
    const [certificate, key] = [read(io.folder, flags.cert), read(io.folder, flags.key)];
    checkKeyPair(certificate.toString(), key.toString());
    return secretObject({ name, type: 'kubernetes.io/tls', data: new Map([['tls.crt', certificate], ['tls.key', key]]), hash: flags['append-hash'] });
  },
});
