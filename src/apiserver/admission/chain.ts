import type { Clock } from '../../base/clock.ts';
import type { AdmissionMetrics, AdmissionPhase } from '../metrics/admission.ts';
import type { AdmissionAttributes, AdmissionOperation, AdmissionPlugin } from './admission.ts';

/** The plug-ins that one kind of request concerns, by phase, in their order. */
export interface AdmissionSelection {
  readonly operation: AdmissionOperation;
  readonly admit: readonly AdmissionPlugin[];
  readonly validate: readonly AdmissionPlugin[];
  /** How often a phase went through without anybody waiting: told apart when somebody looks. */
  readonly atOnce: Record<AdmissionPhase, number>;
}

/** A resource as the chain knows it; the same object each time, because what was selected is remembered by it. */
interface Resource { readonly group: string; readonly resource: string }

/** Where the chain counts, and what it measures with. */
export interface AdmissionMeter { readonly metrics: AdmissionMetrics; readonly clock: Clock }

/**
 * All plug-ins in their order. Which of them a request concerns is found out once for each operation on each resource
 * and subresource, so that a request runs those alone.
 */
export class AdmissionChain {
  readonly plugins: readonly AdmissionPlugin[];
  readonly #meter: AdmissionMeter | undefined;
  #selections = new WeakMap<Resource, Map<string, AdmissionSelection>>();
  /** All of them that may have counted something. */
  #selected: AdmissionSelection[] = [];
  #following = false;

  /** `plugins` may be filled until the first request. */
  constructor(plugins: readonly AdmissionPlugin[], meter?: AdmissionMeter) {
    this.plugins = plugins;
    this.#meter = meter;
    if (meter !== undefined) meter.metrics.collect = () => this.#collect();
  }

  select(resource: Resource, operation: AdmissionOperation, subresource: string): AdmissionSelection {
    if (!this.#following) this.#follow();
    let selections = this.#selections.get(resource);
    if (selections === undefined) this.#selections.set(resource, (selections = new Map()));
    const key = subresource === '' ? operation : `${operation}/${subresource}`;
    let selection = selections.get(key);
    if (selection === undefined) {
      const scope = { operation, group: resource.group, resource: resource.resource, subresource };
      const concerned = this.plugins.filter((plugin) => plugin.handles?.(scope) ?? true);
      selection = { operation, admit: concerned.filter(({ admit }) => admit !== undefined), validate: concerned.filter(({ validate }) => validate !== undefined), atOnce: { admit: 0, validate: 0 } };
      selections.set(key, selection);
      this.#selected.push(selection);
    }
    return selection;
  }

  /** Runs one phase of the selected plug-ins in order. Undefined when none of them had to wait. */
  run(selection: AdmissionSelection, phase: AdmissionPhase, attributes: AdmissionAttributes): Promise<void> | undefined {
    const plugins = selection[phase];
    let at = 0;
    try {
      for (; at < plugins.length; at++) {
        const outcome = plugins[at]![phase]!(attributes);
        if (outcome !== undefined) return this.#wait({ selection, phase, at, outcome }, attributes);
      }
    } catch (error) {
      for (const { name } of plugins.slice(0, at)) this.#observe(name, selection, phase, {});
      this.#observe(plugins[at]!.name, selection, phase, { rejected: true });
      this.#meter?.metrics.step(phase, selection.operation, true, 0);
      throw error;
    }
    selection.atOnce[phase] += 1;
    return undefined;
  }

  /** Goes on with a phase that has to wait for one plug-in, the one at `at`. */
  async #wait({ selection, phase, at, outcome }: { readonly selection: AdmissionSelection; readonly phase: AdmissionPhase; readonly at: number; readonly outcome: Promise<void> }, attributes: AdmissionAttributes): Promise<void> {
    const plugins = selection[phase];
    const now = (): number => this.#meter?.clock.monotonicMs() ?? 0;
    for (const { name } of plugins.slice(0, at)) this.#observe(name, selection, phase, {});
    const begunMs = now();
    let rejected = true;
    try {
      for (let i = at; i < plugins.length; i++) {
        const { name } = plugins[i]!;
        const startedMs = i === at ? begunMs : now();
        try {
          await (i === at ? outcome : plugins[i]![phase]!(attributes));
          this.#observe(name, selection, phase, { durationMs: now() - startedMs });
        } catch (error) {
          this.#observe(name, selection, phase, { rejected: true, durationMs: now() - startedMs });
          throw error;
        }
      }
      rejected = false;
    } finally {
      this.#meter?.metrics.step(phase, selection.operation, rejected, now() - begunMs);
    }
  }

  #observe(name: string, { operation }: AdmissionSelection, phase: AdmissionPhase, what: { readonly rejected?: boolean; readonly durationMs?: number }): void {
    this.#meter?.metrics.plugin(name, phase, operation, what);
  }

  /** What went through at once took no time that could be told. */
  #collect(): void {
    const metrics = this.#meter?.metrics;
    for (const { operation, atOnce, ...plugins } of this.#selected) {
      for (const phase of ['admit', 'validate'] as const) {
        const times = atOnce[phase];
        if (times === 0) continue;
        atOnce[phase] = 0;
        metrics?.step(phase, operation, false, 0, times);
        for (const { name } of plugins[phase]) metrics?.plugin(name, phase, operation, { times });
      }
    }
  }

  /** What was selected is forgotten when a plug-in is concerned by other requests than before. */
  #follow(): void {
    this.#following = true;
    for (const plugin of this.plugins) plugin.onHandlesChange?.(() => {
      this.#collect();
      this.#selections = new WeakMap();
      this.#selected = [];
    });
  }
}
