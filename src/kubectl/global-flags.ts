import { array, bool, int, text } from './flags/flags.ts';

/** Flags that every command understands, before and after its name. */
export const globalFlags = {
  'as': text('Username to impersonate for the operation. User could be a regular user or a service account in a namespace.'),
  'as-group': array('Group to impersonate for the operation, this flag can be repeated to specify multiple groups.'),
  'as-uid': text('UID to impersonate for the operation.'),
  'as-user-extra': array('User extras to impersonate for the operation, this flag can be repeated to specify multiple values for the same key.'),
  'cache-dir': text('Where answers about the server\'s resources are kept.', { placeholder: '$HOME/.kube/cache' }),
  'certificate-authority': text('Path to a certificate file for the authority that signed the server\'s certificate.'),
  'client-certificate': text('Path to a client certificate file for TLS.'),
  'client-key': text('Path to a client key file for TLS.'),
  'cluster': text('The name of the kubeconfig cluster to use.'),
  'context': text('The name of the kubeconfig context to use.'),
  'disable-compression': bool('If true, answers are not compressed on their way.'),
  'insecure-skip-tls-verify': bool('If true, the server\'s certificate is not checked. This makes your connection insecure.'),
  'kubeconfig': text('Path to the kubeconfig file to use for this command.'),
  'kuberc': text('Path to the file of your preferences, instead of $HOME/.kube/kuberc. KUBERC=off or KUBECTL_KUBERC=false in the environment: none are read.'),
  'log-flush-frequency': text('', { hidden: true, initial: '5s' }),
  'match-server-version': bool('Require the server\'s version to match this client\'s.'),
  'namespace': text('If present, the namespace scope for this request.', { short: 'n' }),
  'password': text('Password for basic authentication to the server.'),
  'profile': text('', { hidden: true, initial: 'none' }),
  'profile-output': text('', { hidden: true, initial: 'profile.pprof' }),
  'request-timeout': text('How long to wait for one server request before giving up. A number of seconds, or with a unit (1s, 2m, 3h). Zero means no limit.', { initial: '0' }),
  'server': text('The address and port of the Kubernetes API server.', { short: 's' }),
  'tls-server-name': text('The name to check the server\'s certificate against, instead of the host that is contacted.'),
  'token': text('Bearer token for authentication to the server.'),
  'user': text('The name of the kubeconfig user to use.'),
  'username': text('Username for basic authentication to the server.'),
  'v': int('How much to tell of what happens: 6 tells each request, 8 and more their bodies.', { short: 'v' }),
  'vmodule': text('', { hidden: true }),
  'warnings-as-errors': bool('Treat warnings received from the server as errors and exit with a non-zero exit code.'),
} as const;

export type GlobalFlags = typeof globalFlags;
