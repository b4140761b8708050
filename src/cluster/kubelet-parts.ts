import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { Host } from '../kubelet/host.ts';
import { value } from '../api/meta/quantity.ts';
import { uidOf } from '../api/meta/object.ts';
import { defaultMemoryBytes, simulatedHost } from '../kubelet/hosts/simulated/simulated-host.ts';
import { linuxStaticPodFiles } from '../kubelet/hosts/linux/static-pod-files.ts';
import type { ReadConfiguration } from '../kubelet/config/read.ts';
import type { Kubelet } from '../kubelet/kubelet.ts';
import type { KubeletOptions } from '../kubelet/kubelet-options.ts';
import { KubeletAccess } from '../kubelet/server/access.ts';
import { KubeletHandler } from '../kubelet/server/handler.ts';
import type { KubeletServerOptions } from '../kubelet/server/kubelet-server.ts';
import { KubeletServer } from '../kubelet/server/kubelet-server.ts';
import { simulatedProbe } from '../runtime/simulated/behaviour.ts';
import { SimulatedRuntime } from '../runtime/simulated/simulated-runtime.ts';

/** As upstream's. */
const kubeletPort = 10_250;

/** One server for all kubelets of this process, whose list may grow; on upstream's port, or on any when that is taken. */
export function serveKubelets({ kubelets, logger, address, tls }: { readonly kubelets: readonly Kubelet[]; readonly logger: Logger; readonly address: string; readonly tls: KubeletServerOptions['tls'] }): Promise<KubeletServer> {
  let known: KubeletAccess | undefined;
  const access = (): KubeletAccess | undefined => {
    const [first] = kubelets;
    if (known === undefined && first !== undefined) known = new KubeletAccess({ client: first.context.client, nodeName: first.nodeName, clock: first.context.clock });
    return known;
  };
  const serve = (port: number): Promise<KubeletServer> => KubeletServer.start({ handler: new KubeletHandler(() => kubelets), logger: logger.named('kubelet'), address, port, tls, access });
  return serve(kubeletPort).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return serve(0);
  });
}

/** What a KubeletConfiguration says, as the kubelet of this machine is started with it. */
export function configured({ staticPodPath, rotateCertificates: _client, serverTlsBootstrap: _serving, ...settings }: ReadConfiguration, logger: Logger): Partial<KubeletOptions> {
  return { ...settings, ...(staticPodPath !== undefined && { staticPods: linuxStaticPodFiles(staticPodPath, logger.named('kubelet')) }) };
}

/** A machine that exists in memory alone, and what runs on it. */
export interface SimulatedMachine {
  readonly host: Host;
  readonly runtime: SimulatedRuntime;
  /** Its memory is used up, by whomever. */
  isExhausted: boolean;
}

/** What is left of the memory of a machine that has run out of it. */
const exhaustedLeavesBytes = 32 * 2 ** 20;

/** The caller owns the runtime. `capacity`: quantities; processors and memory are the machine's. */
export function simulatedMachine({ nodeName, address, clock, random, capacity = {} }: { readonly nodeName: string; readonly address: string; readonly clock: Clock; readonly random: Random; readonly capacity?: Readonly<Record<string, string>> }): SimulatedMachine {
  const runtime = new SimulatedRuntime({ clock, random });
  const memoryBytes = capacity['memory'] === undefined ? undefined : value(capacity['memory']);
  const machine: SimulatedMachine = {
    runtime,
    isExhausted: false,
    host: simulatedHost({
      hostname: nodeName,
      address,
      ...(memoryBytes !== undefined && { memoryBytes }),
      ...(capacity['cpu'] !== undefined && { cores: value(capacity['cpu']) }),
      usage: () => (machine.isExhausted ? { ...runtime.usage, memoryBytes: (memoryBytes ?? defaultMemoryBytes) - exhaustedLeavesBytes } : runtime.usage),
      observePod: (pod) => runtime.annotate(uidOf(pod), pod.metadata.annotations ?? {}),
      answerProbe: ({ kind, pod, container, startedAtMs }) => simulatedProbe({ annotations: pod.metadata.annotations ?? {}, container: container.name, kind, startedAtMs, nowMs: clock.now() }),
    }),
  };
  return machine;
}
