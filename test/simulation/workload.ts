import { configmaps, namespaces } from '../../src/api/resources.ts';
import { Chance } from '../fuzz/chance.ts';
import { clusterOperations, counterName } from './workloads/cluster.ts';
import { deploymentOperations } from './workloads/deployments.ts';
import { deviceOperations, prepareDevices } from './workloads/devices.ts';
import { jobOperations } from './workloads/jobs.ts';
import type { Operation, UserContext } from './workloads/operation.ts';
import { lastingNamespaces, quietNamespace } from './workloads/operation.ts';
import { podOperations } from './workloads/pods.ts';
import { prepareQuiet, quietOperations } from './workloads/quiet.ts';
import { statefulSetOperations } from './workloads/stateful-sets.ts';

const all: readonly Operation[] = [...deploymentOperations, ...statefulSetOperations, ...jobOperations, ...podOperations, ...clusterOperations, ...quietOperations, ...deviceOperations];

/** What users do in the run of a seed: each kind of thing more or less often than usual, some not at all. */
export class Workload {
  readonly #context: UserContext;
  readonly #operations: { readonly operation: Operation; readonly upTo: number }[] = [];
  readonly #everyMs: number;
  #sum = 0;
  #stopped = false;
  started = 0;
  done = 0;
  /** Increments of the counter that were acknowledged, and those that may have happened. */
  readonly counted = { surely: 0, perhaps: 0 };

  constructor(seed: number, context: UserContext) {
    this.#context = context;
    const chance = new Chance(seed ^ 0x3017);
    this.#everyMs = chance.pick([1000, 3000, 8000]);
    for (const operation of all) {
      this.#sum += chance.happens(0.15) ? 0 : operation.weight * (1 + chance.int(4));
      this.#operations.push({ operation, upTo: this.#sum });
    }
  }

  /** What must be there first. */
  async prepare(): Promise<void> {
    const { client } = this.#context;
    for (const name of [...lastingNamespaces, quietNamespace]) await client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    await client.create(configmaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', name: counterName }, data: { count: '0' } });
    await prepareQuiet(this.#context);
    await prepareDevices(this.#context);
  }

  /** Users do things, one after the other and at once, until they are stopped. */
  async run(): Promise<void> {
    const { clock, chance } = this.#context;
    while (!this.#stopped) {
      await clock.sleep(1 + chance.int(2 * this.#everyMs));
      if (!this.#stopped) this.#start();
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  #start(): void {
    const { chance, history } = this.#context;
    const at = chance.int(this.#sum);
    const { operation } = this.#operations.find(({ upTo }) => at < upTo)!;
    this.started++;
    history.note(`-- ${operation.name}`);
    const count = operation.name === 'count';
    operation.run(this.#context).then(
      () => { this.done++; if (count) this.counted.surely++; },
      (error: unknown) => {
        history.note(`-- ${operation.name}: ${String(error)}`);
        if (count) this.counted.perhaps++;
      },
    );
  }
}
