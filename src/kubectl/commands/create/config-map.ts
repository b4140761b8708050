import { list, array } from '../../flags/flags.ts';
import { bool } from '../../flags/flags.ts';
import { hashedName } from './hashed-name.ts';
import { keyedData } from './keyed-data.ts';
import { generatedCommand } from './generated.ts';

export default generatedCommand({
  usage: 'configmap NAME [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none]',
  aliases: ['cm'],
  failure: 'failed to create configmap: ',
  description: `Create a config map based on a file, directory, or specified literal value.

 A single config map may package one or more key/value pairs. The key of a file is its name, or the one that is written before it.`,
  examples: `
    # Create a new config map named my-config based on folder bar
    kubectl create configmap my-config --from-file=path/to/bar

    # Create a new config map named my-config with key1=config1 and key2=config2
    kubectl create configmap my-config --from-literal=key1=config1 --from-literal=key2=config2

    # Create a new config map named my-config from an env file
    kubectl create configmap my-config --from-env-file=path/to/foo.env`,
  flags: {
    'from-file': list('Key file can be specified using its file path, in which case file basename will be used as configmap key, or optionally with a key and file path, in which case the given key will be used.  Specifying a directory will iterate each named file in the directory whose basename is a valid configmap key.'),
    'from-literal': array('Specify a key and literal value to insert in configmap (i.e. mykey=somevalue)'),
    'from-env-file': list('Specify the path to a file to read lines of key=val pairs to create a configmap.'),
    'append-hash': bool('Append a hash of the configmap to its name.'),
  },
  make: async ({ flags, session }, name) => {
    const { text, binary } = await keyedData(session.io, { files: flags['from-file'], literals: flags['from-literal'], environmentFiles: flags['from-env-file'], what: 'ConfigMap', name });
    const object = {
      apiVersion: 'v1', kind: 'ConfigMap', metadata: { name },
      ...(text.size > 0 && { data: Object.fromEntries(text) }),
      ...(binary.size > 0 && { binaryData: Object.fromEntries([...binary].map(([key, bytes]) => [key, Buffer.from(bytes).toString('base64')])) }),
    };
    return flags['append-hash'] ? { ...object, metadata: { name: hashedName(object) } } : object;
  },
});
