import { SystemRandom } from '../../src/base/random.ts';
import { silentLogger } from '../../src/base/logger.ts';
import type { Service } from '../../src/api/types/core/v1.ts';
import type { EndpointSlice } from '../../src/api/types/discovery/v1.ts';
import type { Ingress } from '../../src/api/types/networking/v1.ts';
import { Backends } from '../../src/ingress/backends.ts';
import type { IngressModel } from '../../src/ingress/model.ts';
import { modelOf } from '../../src/ingress/model.ts';
import { IngressProxy } from '../../src/ingress/proxy.ts';

/** The ingress proxy with so many hosts, as a child of the bench: each message is the port that all of them lead to from then on. */
const hosts = Number(process.argv[2]);
let target = Number(process.argv[3]);
let model: IngressModel;
const service = (name: string): Service => ({ metadata: { namespace: 'default', name }, spec: { ports: [{ name: 'http', port: 80 }] } });
const slice = (name: string): EndpointSlice => ({ metadata: { namespace: 'default', name }, addressType: 'IPv4', endpoints: [{ addresses: ['127.0.0.1'] }], ports: [{ name: 'http', port: target }] });

/** As much as a change of everything: every rule, every Service, every endpoint anew. */
function remodel(): void {
  const backends = new Backends({ service: (_namespace, name) => service(name), slices: (_namespace, name) => [slice(name)] }, new SystemRandom());
  model = modelOf(Array.from({ length: hosts }, (_, index): Ingress => ({
    metadata: { namespace: 'default', name: `web-${index}` },
    spec: { rules: [{ host: `web-${index}.example`, http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: `web-${index}`, port: { number: 80 } } } }] } }] },
  })), backends);
}

remodel();
const proxy = new IngressProxy({ logger: silentLogger, find: (host, path) => model.routes.find(host, path), certificate: () => undefined });
const port = await proxy.listen('http', '127.0.0.1', 0);
process.on('message', (changed: number) => {
  target = changed;
  remodel();
});
process.send?.({ port });
