import { pods } from '../../api/resources.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { Clock, Timer } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { Client } from '../../client/client.ts';
import type { Informer } from '../../client/informer/informer.ts';
import { createInformer } from '../../client/informer/informer.ts';
import type { RunCommand } from '../backend.ts';
import type { ConntrackOptions } from '../proxy.ts';
import { addressOf } from '../service-port.ts';
import { forgetStaleFlows } from '../stale-flows.ts';
import type { HostPortMapping } from './mappings.ts';
import { hostPortMappings } from './mappings.ts';
import { hostPortScript } from './script.ts';

export interface HostPortsOptions {
  /** May read the pods of its node. */
  readonly client: Client;
  readonly nodeName: string;
  readonly run: RunCommand;
  readonly conntrack: ConntrackOptions | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

const retryMs = 1000;

/** Who may answer whoever asks at a UDP host port of the node. */
function answerersOf(mappings: readonly HostPortMapping[], nodeAddresses: readonly string[]): Map<string, ReadonlySet<string>> {
  const answerers = new Map<string, ReadonlySet<string>>();
  for (const { protocol, family, hostIp, hostPort, podIp, containerPort } of mappings) {
    if (protocol !== 'udp') continue;
    const addresses = hostIp === undefined ? nodeAddresses.filter((ip) => ip.includes(':') === (family === 6)) : [hostIp];
    for (const ip of addresses) answerers.set(addressOf({ ip, port: hostPort }), new Set([addressOf({ ip: podIp, port: containerPort })]));
  }
  return answerers;
}

/** Keeps the rules for host ports in step with the pods of the node. Stopping it leaves the rules. */
export class HostPorts implements AsyncDisposable {
  readonly #options: HostPortsOptions;
  readonly #pods: Informer<Pod>;
  readonly #stopped = new AbortController();
  #applied = '';
  #dirty = false;
  #running: Promise<void> | undefined;
  #retry: Timer | undefined;

  constructor(options: HostPortsOptions) {
    this.#options = options;
    const { client, clock, random, logger, nodeName } = options;
    this.#pods = createInformer(client, pods, { fieldSelector: `spec.nodeName=${nodeName}`, clock, random, logger });
  }

  /** Resolves when the rules have been written once, where there are any. */
  async start(): Promise<void> {
    const changed = (): void => this.#schedule();
    this.#pods.addHandler({ add: changed, update: changed, delete: changed });
    this.#pods.start(this.#stopped.signal);
    await this.#pods.synced();
    this.#schedule();
    await this.#running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort(new Error('the host ports were stopped'));
    this.#retry?.cancel();
    await this.#running;
  }

  #schedule(): void {
    this.#dirty = true;
    if (!this.#pods.hasSynced || this.#stopped.signal.aborted) return;
    this.#running ??= this.#sync().finally(() => { this.#running = undefined; });
  }

  async #sync(): Promise<void> {
    const { run, logger, clock, conntrack } = this.#options;
    while (this.#dirty && !this.#stopped.signal.aborted) {
      this.#dirty = false;
      const mappings = hostPortMappings(this.#pods.lister.list());
      const state = JSON.stringify(mappings);
      if (state === (this.#applied === '' ? '[]' : this.#applied)) continue;
      try {
        for (const family of [4, 6] as const) if (family === 4 || `${state}${this.#applied}`.includes('"family":6')) await run('nft', ['-f', '-'], hostPortScript(mappings, family));
        this.#applied = state;
        if (conntrack !== undefined) await forgetStaleFlows(conntrack.run, answerersOf(mappings, conntrack.nodeAddresses()));
      } catch (error) {
        logger.warn('writing the rules for host ports failed, will retry', { error });
        this.#retry = clock.setTimer(retryMs, () => this.#schedule());
        return;
      }
    }
  }
}
