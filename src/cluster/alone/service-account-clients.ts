import { serviceaccounts } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { TokenRequest } from '../../api/types/authentication/v1.ts';
import type { Client } from '../../client/client.ts';
import type { ComponentOptions } from './component.ts';
import { componentClient } from './component.ts';

const namespace = 'kube-system';
const lifetimeSeconds = 3600;

/**
 * Clients that act as service accounts of kube-system, as kube-controller-manager does with
 * --use-service-account-credentials: each controller has its own rights. The account is made when it is missing; the token is
 * asked for at the first request and again when most of its life is over. `client` must be allowed both.
 */
export function serviceAccountClients(options: ComponentOptions, client: Client, undo: AsyncDisposableStack): (name: string) => Client {
  const clients = new Map<string, Client>();
  return (name) => {
    let found = clients.get(name);
    if (found === undefined) {
      const { connection: { clientCertificate: _certificate, clientKey: _key, username: _username, password: _password, ...connection } } = options;
      found = componentClient({ ...options, connection }, `kube-controller-manager/${name}`, undo, { token: rotatingToken(options, client, name) });
      clients.set(name, found);
    }
    return found;
  };
}

function rotatingToken({ clock }: ComponentOptions, client: Client, name: string): () => Promise<string> {
  let current: Promise<string> | undefined;
  let renewAtMs = 0;
  return () => {
    if (current !== undefined && clock.now() < renewAtMs) return current;
    renewAtMs = clock.now() + lifetimeSeconds * 800;
    current = requestToken(client, name).catch((error: unknown) => {
      current = undefined;
      throw error;
    });
    return current;
  };
}

async function requestToken(client: Client, name: string): Promise<string> {
  const ask = (): Promise<TokenRequest> => client.createSubresource<TokenRequest, TokenRequest>(serviceaccounts, { namespace, name }, 'token', {
    apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: { name, namespace }, spec: { audiences: [], expirationSeconds: lifetimeSeconds },
  });
  const answer = await ask().catch(async (error: unknown) => {
    if (!isReason(error, 'NotFound')) throw error;
    await client.create(serviceaccounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } }).catch((refusal: unknown) => {
      if (!isReason(refusal, 'AlreadyExists')) throw refusal;
    });
    return ask();
  });
  return answer.status?.token ?? '';
}
