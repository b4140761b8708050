import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { Host } from '../kubelet/host.ts';
import { simulatedHost } from '../kubelet/hosts/simulated/simulated-host.ts';
import type { Kubelet } from '../kubelet/kubelet.ts';
import { KubeletHandler } from '../kubelet/server/handler.ts';
import type { KubeletServerOptions } from '../kubelet/server/kubelet-server.ts';
import { KubeletServer } from '../kubelet/server/kubelet-server.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { simulatedProbe } from '../runtime/simulated/behaviour.ts';
import { SimulatedRuntime } from '../runtime/simulated/simulated-runtime.ts';

/** As upstream's. */
const kubeletPort = 10_250;

/** One server for all kubelets of this process, whose list may grow; on upstream's port, or on any when that is taken. */
export function serveKubelets({ kubelets, logger, address, tls }: { readonly kubelets: readonly Kubelet[]; readonly logger: Logger; readonly address: string; readonly tls: KubeletServerOptions['tls'] }): Promise<KubeletServer> {
  const serve = (port: number): Promise<KubeletServer> => KubeletServer.start({ handler: new KubeletHandler(() => kubelets), logger: logger.named('kubelet'), address, port, tls });
  return serve(kubeletPort).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return serve(0);
  });
}

/** A machine that is not there, and the runtime that runs nothing on it; `undo` owns the runtime. */
export function simulatedMachine({ nodeName, address, clock, random, undo }: { readonly nodeName: string; readonly address: string; readonly clock: Clock; readonly random: Random; readonly undo: AsyncDisposableStack }): { readonly host: Host; readonly runtime: Runtime } {
  return {
    runtime: undo.use(new SimulatedRuntime({ clock, random })),
    host: simulatedHost({
      hostname: nodeName,
      address,
      answerProbe: ({ kind, pod, container, startedAtMs }) => simulatedProbe({ annotations: pod.metadata.annotations ?? {}, container: container.name, kind, startedAtMs, nowMs: clock.now() }),
    }),
  };
}
