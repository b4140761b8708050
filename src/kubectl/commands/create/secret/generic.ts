import { array, bool, list, text } from '../../../flags/flags.ts';
import { generatedCommand } from '../generated.ts';
import { keyedData } from '../keyed-data.ts';
import { secretObject } from './secret-object.ts';

export default generatedCommand({
  usage: 'generic NAME [--type=string] [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none]',
  failure: 'failed to create secret ',
  description: `Create a secret based on a file, directory, or specified literal value.

 A single secret may package one or more key/value pairs. The key of a file is its name, or the one that is written before it.`,
  examples: `
    # Create a new secret named my-secret with keys for each file in folder bar
    kubectl create secret generic my-secret --from-file=path/to/bar

    # Create a new secret named my-secret with key1=supersecret and key2=topsecret
    kubectl create secret generic my-secret --from-literal=key1=supersecret --from-literal=key2=topsecret

    # Create a new secret named my-secret from an env file
    kubectl create secret generic my-secret --from-env-file=path/to/foo.env`,
  flags: {
    'append-hash': bool('Append a hash of the secret to its name.'),
    'from-env-file': list('Specify the path to a file to read lines of key=val pairs to create a secret.'),
    'from-file': list('Key files can be specified using their file path, in which case a default name will be given to them, or optionally with a name and file path, in which case the given name will be used.  Specifying a directory will iterate each named file in the directory that is a valid secret key.'),
    'from-literal': array('Specify a key and literal value to insert in secret (i.e. mykey=somevalue)'),
    'type': text('The type of secret to create'),
  },
  make: async ({ flags, session }, name) => {
    const { text: texts, binary } = await keyedData(session.io, { files: flags['from-file'], literals: flags['from-literal'], environmentFiles: flags['from-env-file'], what: 'Secret', name });
    return secretObject({ name, type: flags.type, data: new Map<string, string | Uint8Array>([...texts, ...binary]), hash: flags['append-hash'] });
  },
});
