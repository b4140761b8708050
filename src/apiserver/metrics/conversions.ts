import { exponentialBounds } from './histogram.ts';
import type { Gauge } from './registry.ts';
import { histogramFamily } from './registry.ts';
import { Series } from './series.ts';

/** What became of a question to a conversion webhook, in upstream's words; empty: it was answered well. */
export type ConversionFailure = '' | 'conversion_webhook_call_failure' | 'conversion_webhook_malformed_response_failure' | 'conversion_webhook_partial_response_failure' | 'conversion_webhook_invalid_converted_object_failure';

const callBounds = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 45, 60];

/** What the webhooks that convert custom resources take, under upstream's names. */
export class ConversionMetrics {
  readonly #calls = new Series(callBounds);
  readonly #conversions = new Series(exponentialBounds(0.001, 2, 15));

  /** One question to a webhook. */
  call(failure: ConversionFailure, durationMs: number): void {
    this.#calls.observe({ result: failure === '' ? 'success' : 'failure', failure_type: failure }, durationMs / 1000);
  }

  /** One conversion, of however many objects. */
  conversion({ definition, from, to, succeeded, durationMs }: { readonly definition: string; readonly from: string; readonly to: string; readonly succeeded: boolean; readonly durationMs: number }): void {
    this.#conversions.observe({ crd_name: definition, from_version: from, to_version: to, succeeded: String(succeeded) }, durationMs / 1000);
  }

  get families(): readonly Gauge[] {
    return [
      { name: 'apiserver_conversion_webhook_request_total', help: '[ALPHA] Counter for conversion webhook requests with success/failure and failure error type', type: 'counter', read: () => this.#calls.counts() },
      histogramFamily('apiserver_conversion_webhook_duration_seconds', '[ALPHA] Conversion webhook request latency', () => this.#calls.histograms()),
      histogramFamily('apiserver_crd_conversion_webhook_duration_seconds', '[ALPHA] CRD webhook conversion duration in seconds', () => this.#conversions.histograms()),
    ];
  }
}
