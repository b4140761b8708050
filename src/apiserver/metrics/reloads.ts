import type { Clock } from '../../base/clock.ts';
import type { Gauge, Labels } from './registry.ts';

type Outcome = 'success' | 'failure';

export interface ReloadsOptions {
  /** What the file configures, as upstream names its controllers. */
  readonly configures: 'authentication' | 'authorization' | 'encryption';
  readonly clock: Clock;
  /** Stands for this server, as `sha256:…`. */
  readonly serverHash: string;
  /** Of the content that was read at first, as `sha256:…`. */
  readonly contentHash: string;
}

/** Counts how often a configuration file was read again while the server ran, under upstream's names. */
export class Reloads {
  readonly #options: ReloadsOptions;
  readonly #outcomes = new Map<Outcome, { count: number; atMs: number }>();
  #contentHash: string;

  constructor(options: ReloadsOptions) {
    this.#options = options;
    this.#contentHash = options.contentHash;
  }

  /** Content with this hash is in use now. */
  succeeded(contentHash: string): void {
    this.#contentHash = contentHash;
    this.#note('success');
  }

  failed(): void {
    this.#note('failure');
  }

  #note(outcome: Outcome): void {
    this.#outcomes.set(outcome, { count: (this.#outcomes.get(outcome)?.count ?? 0) + 1, atMs: this.#options.clock.now() });
  }

  get families(): readonly Gauge[] {
    const { configures, serverHash } = this.#options;
    const prefix = `apiserver_${configures}_config_controller_`;
    const level = configures === 'encryption' ? 'ALPHA' : 'BETA';
    const each = (read: (outcome: { count: number; atMs: number }) => number) => () => Array.from(this.#outcomes, ([status, outcome]): readonly [Labels, number] => [{ apiserver_id_hash: serverHash, status }, read(outcome)]);
    return [
      { name: `${prefix}automatic_reloads_total`, type: 'counter', help: `[${level}] Total number of automatic reloads of ${configures} configuration split by status and apiserver identity.`, read: each(({ count }) => count) },
      { name: `${prefix}automatic_reload_last_timestamp_seconds`, help: `[${level}] Timestamp of the last automatic reload of ${configures} configuration split by status and apiserver identity.`, read: each(({ atMs }) => atMs / 1000) },
      { name: `${prefix}last_config_info`, help: `[ALPHA] Information about the last applied ${configures} configuration with hash as label, split by apiserver identity.`, read: () => [[{ apiserver_id_hash: serverHash, hash: this.#contentHash }, 1]] },
    ];
  }
}
