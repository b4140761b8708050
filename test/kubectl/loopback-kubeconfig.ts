import type { LoopbackAnswer, LoopbackRequest } from '../../src/apiserver/testing/loopback-server.ts';
import { LoopbackServer } from '../../src/apiserver/testing/loopback-server.ts';

const resources = { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: 'v1', resources: [{ name: 'pods', singularName: 'pod', kind: 'Pod', namespaced: true, verbs: ['get', 'list', 'watch', 'create', 'delete'], shortNames: ['po'] }] };

/** What a server that has pods says of itself, as older servers do. */
function discovery(path: string): LoopbackAnswer | undefined {
  switch (path.split('?')[0]) {
    case '/api': return { body: { kind: 'APIVersions', versions: ['v1'] } };
    case '/apis': return { body: { kind: 'APIGroupList', apiVersion: 'v1', groups: [] } };
    case '/api/v1': return { body: resources };
    default: return undefined;
  }
}

/** Somebody else's API server, which has pods and answers everything but discovery as told; with a kubeconfig for it. */
export async function loopbackServerOf(answer: (request: LoopbackRequest) => LoopbackAnswer | Promise<LoopbackAnswer>): Promise<LoopbackServer & { readonly kubeconfig: string }> {
  const server = await LoopbackServer.start((request) => discovery(request.path) ?? answer(request));
  const kubeconfig = JSON.stringify({
    apiVersion: 'v1', kind: 'Config', 'current-context': 'x', contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }], users: [{ name: 'x', user: { token: 'secret' } }],
    clusters: [{ name: 'x', cluster: { server: server.url, 'certificate-authority-data': Buffer.from(server.ca).toString('base64') } }],
  });
  return Object.assign(server, { kubeconfig });
}
