import type { Logger } from '../../src/base/logger.ts';
import { LineLogger } from '../../src/base/logger.ts';
import { SystemRandom } from '../../src/base/random.ts';
import { RealClock } from '../../src/base/real-clock.ts';
import type { ControlPlane } from '../../src/cluster/control-plane.ts';
import { startControlPlane } from '../../src/cluster/control-plane.ts';
import { createMemoryPki } from '../../src/pki/pki.ts';
import { MemoryStore } from '../../src/store/drivers/memory/memory-store.ts';

export interface FuzzServer extends AsyncDisposable {
  readonly port: number;
  readonly control: ControlPlane;
}

/** The API server that is tried: on the memory store, behind TLS. `complain` gets every line that it logs as an error. */
export async function startFuzzServer(complain: (line: string) => void): Promise<FuzzServer> {
  const clock = new RealClock();
  const pki = await createMemoryPki({ clock, apiServerNames: ['127.0.0.1'] });
  const logger: Logger = new LineLogger({ clock, level: 'error', write: complain });
  const control = await startControlPlane({
    store: MemoryStore.open(), pki, clock, random: new SystemRandom(), logger, serviceCidr: '10.96.0.0/12', clusterCidr: '10.244.0.0/16',
    tokenFile: 'admin-token,admin,1,"system:masters"\nweak-token,weak,2,\n',
    protection: { flowControl: true, requestTimeoutMs: 30_000 },
  });
  const { port } = await control.server.listen({ key: pki.apiServer.key, cert: pki.apiServer.certificate });
  return { port, control, [Symbol.asyncDispose]: () => control[Symbol.asyncDispose]() };
}
