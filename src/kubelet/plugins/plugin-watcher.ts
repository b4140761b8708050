import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { HostFiles } from '../host.ts';
import { connectRegistration } from './connect.ts';

/** How often the folder is looked at, and what a plugin may take to answer. */
const checkMs = 1_000;
const answerMs = 10_000;

/** What a plugin says of itself. */
export interface Plugin {
  readonly name: string;
  /** Where it is called: a socket. */
  readonly endpoint: string;
  readonly versions: readonly string[];
}

/** What one kind of plugin is registered with. */
export interface PluginHandler {
  /** `CSIPlugin`. */
  readonly type: string;
  /** Rejects with why the plugin is not taken; it is told so. */
  register(plugin: Plugin): Promise<void>;
  deregister(plugin: Pick<Plugin, 'name' | 'endpoint'>): Promise<void>;
}

export interface PluginWatcherOptions {
  readonly directory: string;
  readonly handlers: readonly PluginHandler[];
  readonly files: Pick<HostFiles, 'ensureDirectory' | 'list' | 'typeOf'>;
  /** Of the connections. */
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

interface Registered extends Pick<Plugin, 'name' | 'endpoint'> { readonly handler: PluginHandler }

/** Registers the plugins whose sockets lie in a folder, and takes them away when the sockets do (upstream's plugin watcher). */
export class PluginWatcher {
  readonly #options: PluginWatcherOptions;
  readonly #registered = new Map<string, Registered>();
  /** Sockets of plugins that were refused: they are not asked again until they are made anew. */
  readonly #refused = new Set<string>();

  constructor(options: PluginWatcherOptions) {
    this.#options = options;
  }

  /** Until the signal aborts. */
  async run(): Promise<void> {
    const { directory, files, clock, logger, signal } = this.#options;
    while (!signal.aborted) {
      await files.ensureDirectory(directory, 0o750).then(() => this.#look()).catch((error: unknown) => logger.warn('plugins could not be looked for', { directory, error }));
      await clock.sleep(checkMs, signal).catch(() => {});
    }
  }

  async #look(): Promise<void> {
    const { directory, files, logger } = this.#options;
    const sockets = new Set<string>();
    for (const name of await files.list(directory)) if (!name.startsWith('.') && (await files.typeOf(`${directory}/${name}`)) === 'socket') sockets.add(`${directory}/${name}`);
    for (const socket of this.#refused) if (!sockets.has(socket)) this.#refused.delete(socket);
    for (const [socket, { name, endpoint, handler }] of this.#registered) {
      if (sockets.has(socket)) continue;
      this.#registered.delete(socket);
      await handler.deregister({ name, endpoint }).catch((error: unknown) => logger.warn('a plugin could not be taken away', { name, error }));
    }
    for (const socket of sockets) if (!this.#registered.has(socket) && !this.#refused.has(socket)) await this.#register(socket);
  }

  async #register(socketPath: string): Promise<void> {
    const { clock, logger, handlers, signal } = this.#options;
    const calls = connectRegistration({ socketPath, clock });
    const options = { timeoutMs: answerMs, signal };
    try {
      const { type, name, endpoint: said, supportedVersions: versions } = await calls.call('GetInfo', {}, options);
      const endpoint = said === '' ? socketPath : said;
      const handler = handlers.find((one) => one.type === type);
      const error = handler === undefined
        ? `no handler registered for plugin type: ${type} at socket ${socketPath}`
        : await handler.register({ name, endpoint, versions }).then(() => '', (reason: unknown) => `RegisterPlugin error -- failed to register plugin at socket ${socketPath}, err: ${(reason as Error).message}`);
      if (handler !== undefined && error === '') this.#registered.set(socketPath, { name, endpoint, handler });
      else {
        this.#refused.add(socketPath);
        logger.warn('a plugin was refused', { name, error });
      }
      await calls.call('NotifyRegistrationStatus', { pluginRegistered: error === '', error }, options);
    } catch (error) {
      logger.debug('a plugin did not answer; it is asked again', { socketPath, error });
    } finally {
      calls.close();
    }
  }
}
