import type { Call } from '../../command.ts';
import { command } from '../../command.ts';
import { pathOf } from '../../discovery/resource.ts';
import { KubectlError } from '../../errors.ts';
import { array, duration, text } from '../../flags/flags.ts';
import { outputFlags } from '../../printers/output.ts';
import type { AnyObject } from '../../resources/item.ts';
import { donePrinters } from '../../writes/done-printer.ts';
import { nameOf } from './generated.ts';

const boundKinds = ['Node', 'Pod', 'Secret'];

const flags = {
  ...outputFlags,
  'audience': array('Audience of the requested token. If unset, defaults to requesting a token for use with the Kubernetes API server. May be repeated to request a token valid for multiple audiences.'),
  'bound-object-kind': text('Kind of an object to bind the token to. Supported kinds are Node, Pod, Secret. If set, --bound-object-name must be provided.'),
  'bound-object-name': text('Name of an object to bind the token to. The token will expire when the object is deleted. Requires --bound-object-kind.'),
  'bound-object-uid': text('UID of an object to bind the token to. Requires --bound-object-kind and --bound-object-name. If unset, the UID of the existing object is used.'),
  'duration': duration('Requested lifetime of the issued token. If not set or if set to 0, the lifetime will be determined by the server automatically. The server may return a token with a longer or shorter lifetime.', { initial: 0, text: '0s' }),
} as const;

function check({ duration: ms, audience, 'bound-object-kind': kind, 'bound-object-name': name, 'bound-object-uid': uid }: Call<typeof flags>['flags']): void {
  if (ms < 0) throw new KubectlError('--duration must be greater than or equal to 0');
  if (ms % 1000 !== 0) throw new KubectlError('--duration cannot be expressed in units less than seconds');
  if (audience.includes('')) throw new KubectlError('--audience must not be an empty string');
  if (kind === '') {
    if (name !== '') throw new KubectlError('--bound-object-name can only be set if --bound-object-kind is provided');
    if (uid !== '') throw new KubectlError('--bound-object-uid can only be set if --bound-object-kind is provided');
  } else {
    if (!boundKinds.includes(kind)) throw new KubectlError(`supported --bound-object-kind values are ${boundKinds.join(', ')}`);
    if (name === '') throw new KubectlError('--bound-object-name is required if --bound-object-kind is provided');
  }
}

export default command({
  usage: 'token SERVICE_ACCOUNT_NAME',
  description: 'Request a service account token.',
  examples: `
    # Request a token to authenticate to the kube-apiserver as the service account "myapp" in the current namespace
    kubectl create token myapp

    # Request a token with a custom expiration and audience
    kubectl create token myapp --duration 10m --audience https://example.com

    # Request a token bound to an instance of a Secret object
    kubectl create token myapp --bound-object-kind Secret --bound-object-name mysecret`,
  flags,
  async run(call) {
    const { session, flags: values } = call;
    const name = nameOf(call);
    const printer = (await donePrinters(session, values, 'none'))('created');
    check(values);
    const { name: namespace } = await session.namespace();
    const bound = values['bound-object-kind'] === '' ? undefined : { apiVersion: 'v1', kind: values['bound-object-kind'], name: values['bound-object-name'], ...(values['bound-object-uid'] !== '' && { uid: values['bound-object-uid'] }) };
    const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: {}, spec: { audiences: values.audience, ...(values.duration > 0 && { expirationSeconds: values.duration / 1000 }), ...(bound !== undefined && { boundObjectRef: bound }) } };
    let answer: AnyObject & { readonly status?: { readonly token?: string } };
    try {
      answer = await (await session.connection()).json({ method: 'POST', path: pathOf({ group: '', version: 'v1', resource: 'serviceaccounts', namespaced: true }, { namespace, name, subresource: 'token' }), body: JSON.stringify(request) });
    } catch (error) {
      throw error instanceof Error ? new KubectlError(`failed to create token: ${error.message}`, { cause: error }) : error;
    }
    const token = answer.status?.token ?? '';
    if (token === '') throw new KubectlError('failed to create token: no token in server response');
    await session.io.stdout.write(values.output !== '' || values.template !== '' ? printer.print(answer) : session.io.stdout.isTerminal ? `${token}\n` : token);
  },
});
