import { ClusterDns } from '../../dns/cluster-dns.ts';
import type { ComponentOptions } from './component.ts';
import { componentClient, expectServer } from './component.ts';

export interface DnsAloneOptions extends ComponentOptions {
  readonly listen: string;
  readonly port: number;
  readonly clusterDomain: string;
}

/** The cluster DNS against an API server elsewhere. The Service that leads pods to it is the administrator's to make. */
export async function startDnsAlone(options: DnsAloneOptions): Promise<AsyncDisposable> {
  const { clock, random, logger, progress, listen, clusterDomain } = options;
  await using undo = new AsyncDisposableStack();
  const client = componentClient(options, 'coredns', undo);
  await expectServer(client, options);
  const dns = undo.use(await ClusterDns.start({ client, clock, random, logger: logger.named('dns'), domain: clusterDomain, own: [listen] }));
  const port = await dns.server.listen(listen, options.port).catch((error: unknown) => { throw explain(error as NodeJS.ErrnoException, `${listen}:${options.port}`); });
  progress.ready(`cluster DNS on ${listen}:${port}`);
  return undo.move();
}

function explain(error: NodeJS.ErrnoException, where: string): Error {
  if (error.code === 'EADDRINUSE') return new Error(`${where} is in use by another program; choose another port with --port`, { cause: error });
  if (error.code === 'EACCES') return new Error(`not allowed to listen on ${where}; choose a port above 1023 with --port`, { cause: error });
  return new Error(`cannot listen on ${where}: ${error.message}; choose another address with --listen`, { cause: error });
}
