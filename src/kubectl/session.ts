import type { FlagValues } from './flags/flags.ts';
import type { GlobalFlags } from './global-flags.ts';
import type { Invocation } from './invocation.ts';
import type { Io } from './io.ts';
import type { Connection } from './connection/connection.ts';
import type { ConnectionSettings } from './connection/settings.ts';
import type { Mapper } from './discovery/mapper.ts';
import type { PluginPolicy } from './preferences/plugin-policy.ts';

/**
 * One call of the program: where its configuration says to connect, as whom, and what the server has. Everything is
 * read when first asked for, so that a command that needs no server needs no configuration either.
 */
export interface Session extends Invocation {
  /** The namespace of this call; `explicit`: the user named it on the command line. */
  namespace(): Promise<{ readonly name: string; readonly explicit: boolean }>;
  settings(): Promise<ConnectionSettings>;
  connection(): Promise<Connection>;
  mapper(): Promise<Mapper>;
  /** How many warnings the server has given so far. */
  readonly warnings: number;
}

/** With the name of the command. */
type SessionOptions = Omit<Invocation, 'pluginPolicy'> & Partial<Pick<Invocation, 'pluginPolicy'>> & { readonly command: string };

class LazySession implements Session {
  readonly io: Io;
  readonly globals: FlagValues<GlobalFlags>;
  readonly givenGlobals: ReadonlySet<string>;
  readonly pluginPolicy: PluginPolicy | undefined;
  readonly #command: string;
  #settings: Promise<ConnectionSettings> | undefined;
  #connection: Promise<Connection> | undefined;
  #opened: Connection | undefined;
  #mapper: Promise<Mapper> | undefined;

  constructor(options: SessionOptions) {
    this.io = options.io;
    this.globals = options.globals;
    this.givenGlobals = options.givenGlobals;
    this.#command = options.command;
    this.pluginPolicy = options.pluginPolicy;
  }

  settings(): Promise<ConnectionSettings> {
    this.#settings ??= import('./connection/settings.ts').then(({ connectionSettings }) => connectionSettings(this));
    return this.#settings;
  }

  async namespace(): Promise<{ readonly name: string; readonly explicit: boolean }> {
    if (this.globals.namespace !== '') return { name: this.globals.namespace, explicit: true };
    return { name: (await this.settings()).namespace ?? 'default', explicit: false };
  }

  connection(): Promise<Connection> {
    this.#connection ??= (async () => {
      const [settings, { openConnection }] = await Promise.all([this.settings(), import('./connection/connection.ts')]);
      this.#opened = openConnection({ settings, io: this.io, command: this.#command, verbosity: this.globals.v });
      if (this.globals['match-server-version']) await (await import('./connection/match-version.ts')).matchServerVersion(this.#opened);
      return this.#opened;
    })();
    return this.#connection;
  }

  get warnings(): number {
    return this.#opened?.warnings ?? 0;
  }

  mapper(): Promise<Mapper> {
    this.#mapper ??= (async () => {
      const [connection, { openMapper }] = await Promise.all([this.connection(), import('./discovery/open-mapper.ts')]);
      return openMapper({ connection, io: this.io, cacheFolder: this.globals['cache-dir'] });
    })();
    return this.#mapper;
  }
}

/** A session for one call. `command` is told to the server in a header, as upstream's kubectl does. */
export function openSession(options: SessionOptions): Session {
  return new LazySession(options);
}
