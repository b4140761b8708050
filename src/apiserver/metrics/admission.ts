import type { AdmissionOperation } from '../admission/admission.ts';
import type { labelled } from './histogram.ts';
import type { Gauge } from './registry.ts';
import { histogramFamily } from './registry.ts';
import { Series } from './series.ts';

export type AdmissionPhase = 'admit' | 'validate';
/** Webhooks count their phases under other names. */
export type WebhookPhase = 'admit' | 'validating';

const bounds = [0.005, 0.025, 0.1, 0.5, 1, 2.5];
const webhookBounds = [...bounds, 10, 25];
const conditionBounds = [0.001, 0.005, 0.01, 0.025, 0.1, 0.2, 0.25];
const policyBounds = [0.0000005, 0.001, 0.01, 0.1, 1];
const maxCode = 600;

/** One call of a webhook. */
export interface ObservedCall {
  readonly name: string;
  readonly type: WebhookPhase;
  readonly operation: AdmissionOperation;
  readonly durationMs: number;
  /** The request was refused for it. */
  readonly rejected: boolean;
  /** How it was answered; 200 when it was let through, 0 when the server itself failed. */
  readonly code: number;
  /** Of a refusal: whose fault it was. */
  readonly errorType: 'no_error' | 'calling_webhook_error' | 'apiserver_internal_error';
}

/** What admission costs and decides, under upstream's names. */
export class AdmissionMetrics {
  readonly #steps = new Series(bounds);
  readonly #plugins = new Series(bounds);
  readonly #webhooks = new Series(webhookBounds);
  readonly #requests = new Series([]);
  readonly #rejections = new Series([]);
  readonly #failOpen = new Series([]);
  readonly #policies = { validating: new Series(policyBounds), mutating: new Series(policyBounds) };
  readonly #conditions = new Series(conditionBounds);
  readonly #conditionErrors = new Series([]);
  readonly #exclusions = new Series([]);
  /** Brings in what is counted elsewhere. */
  collect: () => void = () => {};

  step(type: AdmissionPhase, operation: AdmissionOperation, rejected: boolean, durationMs: number, times = 1): void {
    this.#steps.observe({ type, operation, rejected: String(rejected) }, durationMs / 1000, times);
  }

  plugin(name: string, type: AdmissionPhase, operation: AdmissionOperation, { rejected = false, durationMs = 0, times = 1 }: { readonly rejected?: boolean; readonly durationMs?: number; readonly times?: number }): void {
    this.#plugins.observe({ name, type, operation, rejected: String(rejected) }, durationMs / 1000, times);
  }

  webhook({ name, type, operation, durationMs, rejected, code, errorType }: ObservedCall): void {
    const told = String(Math.min(code, maxCode));
    this.#webhooks.observe({ name, type, operation, rejected: String(rejected) }, durationMs / 1000);
    this.#requests.observe({ name, type, operation, code: told, rejected: String(rejected) }, 0);
    if (rejected) this.#rejections.observe({ name, type, operation, error_type: errorType, rejection_code: told }, 0);
  }

  failedOpen(name: string, type: WebhookPhase): void {
    this.#failOpen.observe({ name, type }, 0);
  }

  /** `action`: what came of a check: allow, deny, audit, warn. */
  policy(kind: 'validating' | 'mutating', labels: { readonly policy: string; readonly binding: string; readonly errorType: string; readonly action?: string }, durationMs: number): void {
    const { policy, binding, errorType, action } = labels;
    this.#policies[kind].observe({ policy, policy_binding: binding, error_type: errorType, ...(action !== undefined && { enforcement_action: action }) }, durationMs / 1000);
  }

  /** What match conditions of one webhook or policy came to. */
  conditions(of: { readonly name: string; readonly kind: 'webhook' | 'policy'; readonly type: AdmissionPhase; readonly operation: AdmissionOperation }, { errors, excluded, durationMs }: { readonly errors: number; readonly excluded: boolean; readonly durationMs: number }): void {
    const labels = { name: of.name, kind: of.kind, type: of.type, operation: of.operation };
    this.#conditions.observe(labels, durationMs / 1000);
    if (errors > 0) this.#conditionErrors.observe(labels, 0, errors);
    if (excluded) this.#exclusions.observe(labels, 0);
  }

  get families(): readonly Gauge[] {
    const counter = (name: string, help: string, series: Series): Gauge => ({ name, type: 'counter', help, read: () => series.counts() });
    const collected = (series: Series) => (): ReturnType<typeof labelled>[] => {
      this.collect();
      return series.histograms();
    };
    return [
      histogramFamily('apiserver_admission_step_admission_duration_seconds', '[STABLE] Admission sub-step latency histogram in seconds, broken out for each operation and API resource and step type (validate or admit).', collected(this.#steps)),
      histogramFamily('apiserver_admission_controller_admission_duration_seconds', '[STABLE] Admission controller latency histogram in seconds, identified by name and broken out for each operation and API resource and type (validate or admit).', collected(this.#plugins)),
      histogramFamily('apiserver_admission_webhook_admission_duration_seconds', '[STABLE] Admission webhook latency histogram in seconds, identified by name and broken out for each operation and API resource and type (validate or admit).', () => this.#webhooks.histograms()),
      counter('apiserver_admission_webhook_request_total', '[ALPHA] Admission webhook request total, identified by name and broken out for each admission type (validating or admit) and operation.', this.#requests),
      counter('apiserver_admission_webhook_rejection_count', '[ALPHA] Admission webhook rejection count, identified by name and broken out for each admission type (validating or admit) and operation.', this.#rejections),
      counter('apiserver_admission_webhook_fail_open_count', '[ALPHA] Admission webhook fail open count, identified by name and broken out for each admission type (validating or admit).', this.#failOpen),
      histogramFamily('apiserver_admission_match_condition_evaluation_seconds', '[ALPHA] Admission match condition evaluation time in seconds, identified by name and broken out for each kind containing matchConditions (webhook or policy), operation and type (validate or admit).', () => this.#conditions.histograms()),
      counter('apiserver_admission_match_condition_evaluation_errors_total', '[ALPHA] Admission match condition evaluation errors count, identified by name of resource containing the match condition and broken out for each kind containing matchConditions (webhook or policy), operation and admission type (validate or admit).', this.#conditionErrors),
      counter('apiserver_admission_match_condition_exclusions_total', '[ALPHA] Admission match condition evaluation exclusions count, identified by name of resource containing the match condition and broken out for each kind containing matchConditions (webhook or policy), operation and admission type (validate or admit).', this.#exclusions),
      ...(['validating', 'mutating'] as const).flatMap((kind) => [
        counter(`apiserver_${kind}_admission_policy_check_total`, `[BETA] ${kind === 'validating' ? 'Validation' : 'Mutation'} admission policy check total, labeled by policy and further identified by binding.`, this.#policies[kind]),
        histogramFamily(`apiserver_${kind}_admission_policy_check_duration_seconds`, `[BETA] ${kind === 'validating' ? 'Validation' : 'Mutation'} admission latency for individual expressions in seconds, labeled by policy and binding.`, () => this.#policies[kind].histograms()),
      ]),
    ];
  }
}
