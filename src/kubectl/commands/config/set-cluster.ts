import { command } from '../../command.ts';
import { KubeconfigEditor } from '../../config/edit-kubeconfig.ts';
import { KubectlError } from '../../errors.ts';
import { bool, text } from '../../flags/flags.ts';
import { usageError } from '../../usage-error.ts';
import { absolute, embedded, rawEntry } from './raw-entry.ts';

export default command({
  usage: 'set-cluster NAME [--server=server] [--certificate-authority=path/to/certificate/authority] [--insecure-skip-tls-verify=true] [--tls-server-name=example.com]',
  description: 'Set a cluster entry in kubeconfig. Fields of one that is there and that are not named stay as they are.',
  examples: `
    # Where a cluster is
    kubectl config set-cluster e2e --server=https://1.2.3.4

    # With the certificate of its authority inside
    kubectl config set-cluster e2e --embed-certs --certificate-authority=ca.crt`,
  flags: {
    'certificate-authority': text('Path to certificate-authority file for the cluster entry in kubeconfig'),
    'embed-certs': bool('embed-certs for the cluster entry in kubeconfig'),
    'insecure-skip-tls-verify': bool('insecure-skip-tls-verify for the cluster entry in kubeconfig'),
    'proxy-url': text('proxy-url for the cluster entry in kubeconfig'),
    'server': text('server for the cluster entry in kubeconfig'),
    'tls-server-name': text('tls-server-name for the cluster entry in kubeconfig'),
  },
  async run({ session, args, flags, given, path }) {
    if (args.length !== 1) throw usageError(`Unexpected args: [${args.join(' ')}]`, path);
    const [name] = args as [string];
    const { io } = session;
    const authority = flags['certificate-authority'];
    if (name === '') throw new KubectlError('you must specify a non-empty cluster name');
    if (flags['insecure-skip-tls-verify'] && authority !== '') throw new KubectlError('you cannot specify a certificate authority and insecure mode at the same time');
    if (flags['embed-certs'] && authority === '') throw new KubectlError('you must specify a --certificate-authority to embed');
    const data = flags['embed-certs'] ? embedded(io, 'certificate-authority', authority) : undefined;
    const editor = await KubeconfigEditor.open(session);
    const entry = await rawEntry(editor, 'clusters', name);
    const set = (key: string, value: unknown): void => {
      if (value === undefined || value === '' || value === false) delete entry[key];
      else entry[key] = value;
    };
    entry['server'] ??= '';
    if (given.has('server')) {
      entry['server'] = flags.server;
      set('tls-server-name', '');
    }
    if (given.has('tls-server-name')) set('tls-server-name', flags['tls-server-name']);
    if (given.has('insecure-skip-tls-verify')) {
      set('insecure-skip-tls-verify', flags['insecure-skip-tls-verify']);
      if (flags['insecure-skip-tls-verify']) for (const key of ['certificate-authority', 'certificate-authority-data']) set(key, '');
    }
    if (given.has('certificate-authority')) {
      set('insecure-skip-tls-verify', false);
      set('certificate-authority', data === undefined ? editor.pathIn('clusters', name, absolute(io, authority)) : '');
      set('certificate-authority-data', data);
    }
    if (given.has('proxy-url')) set('proxy-url', flags['proxy-url']);
    editor.set('clusters', name, entry);
    editor.save();
    await io.stdout.write(`Cluster ${JSON.stringify(name)} set.\n`);
  },
});
