import { KubectlError } from '../../../errors.ts';
import { bool, list, text } from '../../../flags/flags.ts';
import { toGoJsonAsItIs } from '../../../printers/go-json.ts';
import { generatedCommand } from '../generated.ts';
import { keyedData } from '../keyed-data.ts';
import { secretObject } from './secret-object.ts';

const configKey = '.dockerconfigjson';

export default generatedCommand({
  usage: 'docker-registry NAME --docker-username=user --docker-password=password --docker-email=email [--docker-server=string] [--from-file=[key=]source] [--dry-run=server|client|none]',
  failure: 'failed to create secret ',
  description: `Create a new secret for use with Docker registries.

 It is what 'docker login' leaves in ~/.docker/config.json. Nodes use it to pull images on behalf of pods and service accounts that name it.`,
  examples: `
    # Create a dockercfg secret directly
    kubectl create secret docker-registry my-secret --docker-server=DOCKER_REGISTRY_SERVER --docker-username=DOCKER_USER --docker-password=DOCKER_PASSWORD --docker-email=DOCKER_EMAIL

    # Create a new secret named my-secret from ~/.docker/config.json
    kubectl create secret docker-registry my-secret --from-file=path/to/.docker/config.json`,
  flags: {
    'append-hash': bool('Append a hash of the secret to its name.'),
    'docker-email': text('Email for Docker registry'),
    'docker-password': text('Password for Docker registry authentication'),
    'docker-server': text('Server location for Docker registry', { initial: 'https://index.docker.io/v1/' }),
    'docker-username': text('Username for Docker registry authentication'),
    'from-file': list('Key files can be specified using their file path, in which case a default name of .dockerconfigjson will be given to them, or optionally with a name and file path, in which case the given name will be used. Specifying a directory will iterate each named file in the directory that is a valid secret key. For this command, the key should always be .dockerconfigjson.'),
  },
  check({ flags }) {
    if (flags['from-file'].length === 0 && (flags['docker-username'] === '' || flags['docker-password'] === '' || flags['docker-server'] === '')) throw new KubectlError('either --from-file or the combination of --docker-username, --docker-password and --docker-server is required');
  },
  async make({ flags, session: { io } }, name) {
    const { 'docker-username': username, 'docker-password': password, 'docker-email': email, 'docker-server': server } = flags;
    const files = flags['from-file'].map((source) => (source.includes('=') ? source : `${configKey}=${source}`));
    const entry = { username, password, ...(email !== '' && { email }), auth: Buffer.from(`${username}:${password}`).toString('base64') };
    const { text: texts, binary } = files.length === 0
      ? { text: new Map([[configKey, toGoJsonAsItIs({ auths: { [server]: entry } })]]), binary: new Map<string, Uint8Array>() }
      : await keyedData(io, { files, literals: [], environmentFiles: [], what: 'Secret', name });
    return secretObject({ name, type: 'kubernetes.io/dockerconfigjson', data: new Map<string, string | Uint8Array>([...texts, ...binary]), hash: flags['append-hash'] });
  },
});
