import type { ApiServer } from '../apiserver/api-server.ts';
import { buildKubeconfig } from '../pki/kubeconfig.ts';
import type { Connection } from './api.ts';
import { adminToken, sharedPki } from './life.ts';

/** A port that is open, whichever server serves it. */
export interface OpenConnection extends Connection {
  /** Another server serves the same port. */
  resume(server: ApiServer): Promise<void>;
}

/** Opens a port of the loopback interface; 0: any that is free. */
export async function openConnection(server: ApiServer, wanted: number): Promise<OpenConnection> {
  const pki = await sharedPki();
  const listen = (on: ApiServer, port: number): Promise<{ readonly port: number }> => on.listen({ host: '127.0.0.1', port, key: pki.apiServer.key, cert: pki.apiServer.certificate });
  const { port } = await listen(server, wanted);
  const url = `https://127.0.0.1:${port}`;
  const name = 'coxswain-testing';
  return {
    url, token: adminToken, ca: pki.ca.certificate,
    kubeconfig: buildKubeconfig({ server: url, authority: pki.ca.certificate, user: { name, credentials: pki.admin }, clusterName: name, contextName: name }),
    resume: async (next) => void await listen(next, port),
  };
}
