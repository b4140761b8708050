/** A moment as the clocks of a time zone show it. */
export interface ZonedTime {
  readonly year: number;
  /** 1 is January. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** 0 is Sunday. */
  readonly weekday: number;
}

/** Offsets change on quarters of an hour. */
const blockMs = 15 * 60_000;
const maxBlocks = 4_096;

/** The civil time of one zone, by its IANA name. Throws a RangeError for one that this runtime does not know. */
export class Zone {
  readonly #format: Intl.DateTimeFormat | undefined;
  readonly #offsets = new Map<number, number>();

  constructor(name: string) {
    this.#format = name === 'UTC' || name === '' ? undefined : new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  }

  /** How far the zone is ahead of UTC at a moment, in milliseconds. */
  offsetMs(epochMs: number): number {
    if (this.#format === undefined) return 0;
    const block = Math.floor(epochMs / blockMs);
    const known = this.#offsets.get(block);
    if (known !== undefined) return known;
    const name = this.#format.formatToParts(epochMs).find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT';
    const [, sign, hours = '0', minutes = '0', seconds = '0'] = /([+-])(\d+)(?::(\d+))?(?::(\d+))?$/.exec(name) ?? [];
    const offsetMs = (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
    if (this.#offsets.size >= maxBlocks) this.#offsets.clear();
    this.#offsets.set(block, offsetMs);
    return offsetMs;
  }

  /** What the clocks show at a moment. */
  read(epochMs: number): ZonedTime {
    const local = new Date(epochMs + this.offsetMs(epochMs));
    return {
      year: local.getUTCFullYear(), month: local.getUTCMonth() + 1, day: local.getUTCDate(),
      hour: local.getUTCHours(), minute: local.getUTCMinutes(), second: local.getUTCSeconds(), weekday: local.getUTCDay(),
    };
  }

  /**
   * The moment at which the clocks show this; days and months beyond their end count on. Of a time that is skipped or
   * shown twice, the one that Go's time.Date takes.
   */
  at(year: number, month: number, day: number, hour = 0, minute = 0, second = 0): number {
    const localMs = Date.UTC(year, month - 1, day, hour, minute, second);
    const offsetMs = this.offsetMs(localMs);
    return offsetMs === 0 ? localMs : localMs - this.offsetMs(localMs - offsetMs);
  }

  /** RFC 3339 with the zone's offset, in whole seconds. */
  format(epochMs: number): string {
    const offsetMinutes = Math.trunc(this.offsetMs(epochMs) / 60_000);
    const local = new Date(epochMs + this.offsetMs(epochMs)).toISOString().slice(0, 19);
    if (offsetMinutes === 0) return `${local}Z`;
    const two = (number: number): string => String(number).padStart(2, '0');
    const minutes = Math.abs(offsetMinutes);
    return `${local}${offsetMinutes < 0 ? '-' : '+'}${two(Math.trunc(minutes / 60))}:${two(minutes % 60)}`;
  }
}
