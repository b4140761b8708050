import { formatResourceList, sameResources } from '../../../api/meta/resource-list.ts';
import type { LimitedResource, QuotaState } from '../../../api/quota/check-request.ts';
import { checkQuotaRequest, quotaState } from '../../../api/quota/check-request.ts';
import type { QuotaContext, QuotaEvaluator, QuotaRequest } from '../../../api/quota/evaluator.ts';
import { resourcequotas } from '../../../api/resources.ts';
import { ApiError, conflictError } from '../../../api/status.ts';
import type { ResourceQuota } from '../../../api/types/core/v1.ts';
import type { ObjectWriter } from '../../object-writer.ts';
import type { AdmissionAttributes } from '../admission.ts';
import { refusal } from '../refuse.ts';

/** How often a batch is charged again because somebody else wrote a quota. */
const maxRetries = 3;

/** One request that waits to be charged. */
interface Waiter {
  readonly attributes: AdmissionAttributes;
  readonly request: QuotaRequest;
  readonly evaluator: QuotaEvaluator;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export interface QuotaParts {
  readonly writer: ObjectWriter;
  readonly limited: readonly LimitedResource[];
  quotasOf(namespace: string): readonly ResourceQuota[];
  context(): QuotaContext;
}

/**
 * Charges the requests of each namespace to its quotas. What arrives while a charge is being written is charged
 * together, with one write a quota: parallel requests never use more than there is, and do not wait for one another
 * one by one. Namespaces do not wait for each other.
 */
export class QuotaBatches {
  readonly #parts: QuotaParts;
  /** By namespace: what waits for the batch that is being written. */
  readonly #waiting = new Map<string, Waiter[]>();

  constructor(parts: QuotaParts) {
    this.#parts = parts;
  }

  /** Resolves when the request fits and is charged. Rejects with Forbidden when it does not fit. */
  charge(attributes: AdmissionAttributes, request: QuotaRequest, evaluator: QuotaEvaluator): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter = { attributes, request, evaluator, resolve, reject };
      const waiting = this.#waiting.get(attributes.namespace);
      if (waiting !== undefined) waiting.push(waiter);
      else void this.#work(attributes.namespace, [waiter]);
    });
  }

  /** Works off batches until none waits. Never rejects: every waiter is told. */
  async #work(namespace: string, first: readonly Waiter[]): Promise<void> {
    for (let batch = first; batch.length > 0; batch = this.#waiting.get(namespace)!) {
      this.#waiting.set(namespace, []);
      try {
        await this.#chargeAll(batch, this.#parts.quotasOf(namespace).map(quotaState), maxRetries);
      } catch (error) {
        for (const waiter of batch) waiter.reject(error);
      }
    }
    this.#waiting.delete(namespace);
  }

  /** Decides each waiter against the quotas as the ones before it leave them, then writes what has changed. */
  async #chargeAll(batch: readonly Waiter[], quotas: readonly QuotaState[], retries: number): Promise<void> {
    const { limited } = this.#parts;
    const context = this.#parts.context();
    let running = quotas;
    const charged: Waiter[] = [];
    for (const waiter of batch) {
      const verdict = checkQuotaRequest(running, waiter.request, waiter.evaluator, { context, limited });
      if (!verdict.allowed) {
        waiter.reject(verdict.reason === 'forbidden' ? refusal(waiter.attributes, verdict.message) : new ApiError('', verdict.message));
      } else if (waiter.attributes.dryRun || verdict.quotas.every((quota, i) => quota === running[i])) {
        waiter.resolve();
      } else {
        running = verdict.quotas;
        charged.push(waiter);
      }
    }
    const changed = running.filter(({ used }, i) => used !== quotas[i]!.used && !sameResources(used, quotas[i]!.used));
    const results = await Promise.all(changed.map(({ quota, used }) =>
      this.#parts.writer.replace(resourcequotas, { ...quota, metadata: { ...quota.metadata }, status: { ...quota.status, used: formatResourceList(used) } })));
    const failed = results.flatMap((result, i) => (result.ok ? [] : [{ name: changed[i]!.quota.metadata.name ?? '', current: result.current }]));
    if (failed.length === 0) {
      for (const { resolve } of charged) resolve();
      return;
    }
    if (retries === 0) {
      const error = conflictError(resourcequotas, failed.at(-1)!.name, 'the object has been modified; please apply your changes to the latest version and try again');
      for (const { reject } of charged) reject(error);
      return;
    }
    // What was written stays charged; a quota that is gone no longer counts.
    await this.#chargeAll(charged, failed.flatMap(({ current }) => (current === undefined ? [] : [quotaState(current)])), retries - 1);
  }
}
