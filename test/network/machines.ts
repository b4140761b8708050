import { spawn } from 'node:child_process';
import type { CommandOptions } from '../e2e/command.ts';
import { run, runOk } from '../e2e/command.ts';

let made = 0;

/** Machines, pods and the links between them, in network namespaces that nobody else sees. Disposing removes them all. */
export class Machines implements AsyncDisposable {
  readonly #prefix = `coxm-${process.pid}-${made++}`;
  readonly #names = new Set<string>();
  readonly #children = new Set<ReturnType<typeof spawn>>();

  /** The namespace of that name; made when it is named first. */
  async machine(name: string): Promise<string> {
    const namespace = `${this.#prefix}-${name}`;
    if (this.#names.has(namespace)) return namespace;
    this.#names.add(namespace);
    await runOk('ip', ['netns', 'add', namespace]);
    await runOk('ip', ['-n', namespace, 'link', 'set', 'lo', 'up']);
    return namespace;
  }

  /** Only the network: `ip netns exec` would also hide the machine's cgroups. */
  async #network(machine: string): Promise<string> {
    return `--net=/run/netns/${await this.machine(machine)}`;
  }

  /** Machines on one link, each with this address on `eth0` and a default route. */
  async plugTogether(addresses: Readonly<Record<string, string>>, gateway: string): Promise<void> {
    await this.machine('switch');
    await this.ip('switch', 'link add br0 type bridge');
    await this.ip('switch', 'link set br0 up');
    for (const [name, address] of Object.entries(addresses)) {
      await this.cable({ machine: name, link: 'eth0', addresses: [address] }, { machine: 'switch', link: name, bridge: 'br0' });
      await this.ip(name, `route add default via ${gateway}`);
    }
  }

  /** A cable between two machines; each end has a name and addresses, or is plugged into a bridge. */
  async cable(left: CableEnd, right: CableEnd): Promise<void> {
    const [from, to] = [await this.machine(left.machine), await this.machine(right.machine)];
    await runOk('ip', ['-n', from, 'link', 'add', left.link, 'type', 'veth', 'peer', 'name', right.link, 'netns', to]);
    for (const [namespace, { link, addresses = [], bridge }] of [[from, left], [to, right]] as const) {
      for (const address of addresses) await runOk('ip', ['-n', namespace, 'addr', 'add', address, 'dev', link, ...(address.includes(':') ? ['nodad'] : [])]);
      if (bridge !== undefined) await runOk('ip', ['-n', namespace, 'link', 'set', link, 'master', bridge]);
      await runOk('ip', ['-n', namespace, 'link', 'set', link, 'up']);
    }
  }

  /** A pod on a node: plugged into its bridge, as the CNI plugins do it. */
  async pod(name: string, node: string, addresses: readonly string[]): Promise<void> {
    await this.cable({ machine: name, link: 'eth0', addresses }, { machine: node, link: `veth-${name}`, bridge: 'cox0' });
    for (const address of addresses) {
      const gateway = address.includes(':') ? address.replace(/[0-9a-f]+\/.*/, '1') : address.replace(/\d+\/.*/, '1');
      await this.ip(name, `${address.includes(':') ? '-6 ' : ''}route add default via ${gateway}`);
    }
  }

  /** Runs a line of `ip` on a machine. */
  async ip(machine: string, line: string): Promise<string> {
    return runOk('ip', ['-n', await this.machine(machine), ...line.split(' ')]);
  }

  /** Runs a program on a machine; the output of what must work. */
  async on(machine: string, command: readonly string[], options: CommandOptions = {}): Promise<string> {
    return runOk('nsenter', [await this.#network(machine), ...command], options);
  }

  /** Runs a TypeScript program of these tests on a machine, with its task on standard input. */
  program(machine: string, path: string, task: unknown): Promise<string> {
    return this.on(machine, [process.execPath, '--disable-warning=ExperimentalWarning', path], { input: JSON.stringify(task) });
  }

  /** Starts a program that stays; resolves with what it has said once `said` is in it. Its end before that is told with all that it said. */
  async start(machine: string, command: readonly string[], said: string, env: NodeJS.ProcessEnv = process.env): Promise<StartedProgram> {
    const child = spawn('nsenter', [await this.#network(machine), ...command], { stdio: ['ignore', 'pipe', 'pipe'], env });
    this.#children.add(child);
    const started: { output: string } & StartedProgram = {
      output: '',
      stop: (signal = 'SIGINT') => new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) resolve();
        child.once('exit', () => resolve());
        child.kill(signal);
      }),
    };
    await new Promise<void>((resolve, reject) => {
      const take = (data: Buffer): void => {
        started.output += data.toString();
        if (started.output.includes(said)) resolve();
      };
      child.stdout.on('data', take);
      child.stderr.on('data', take);
      child.once('exit', (code) => reject(new Error(`${command.join(' ')} ended (${code}):\n${started.output}`)));
    });
    return started;
  }

  /** Serves TCP (or UDP) on a machine: each connection is answered by the address that it came from and how much it sent. Resolves when it listens. */
  async serve(machine: string, port: number, protocol: 'tcp' | 'udp' = 'tcp'): Promise<void> {
    const child = spawn('nsenter', [await this.#network(machine), process.execPath, '-e', protocol === 'tcp' ? tcpServer : udpServer, String(port)], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#children.add(child);
    await new Promise<void>((resolve, reject) => {
      child.stdout.once('data', () => resolve());
      child.once('exit', (code) => reject(new Error(`the server on ${machine}:${port} ended (${code})`)));
    });
  }

  /** What one of these servers answers a client on another machine; undefined when it is not reached within the time. */
  async ask(machine: string, host: string, port: number, { bytes = 1, protocol = 'tcp', withinMs = 5_000 }: { readonly bytes?: number; readonly protocol?: 'tcp' | 'udp'; readonly withinMs?: number } = {}): Promise<string | undefined> {
    const { code, stdout } = await run('nsenter', [await this.#network(machine), process.execPath, '-e', protocol === 'tcp' ? tcpClient : udpClient, host, String(port), String(bytes), String(withinMs)]);
    return code === 0 ? stdout : undefined;
  }

  /** A connection that stays: each `say` tells whether its byte came back in time. */
  async connection(machine: string, host: string, port: number): Promise<{ say(withinMs?: number): Promise<boolean> }> {
    const child = spawn('nsenter', [await this.#network(machine), process.execPath, '-e', talker, host, String(port)], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#children.add(child);
    const next = (): Promise<string> => new Promise((resolve) => child.stdout.once('data', (data: Buffer) => resolve(data.toString())));
    await next();
    return {
      say: async (withinMs = 1_000) => {
        const heard = next();
        child.stdin.write(`${withinMs}\n`);
        return (await heard).trim() === 'heard';
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const running = [...this.#children].filter((child) => child.exitCode === null && child.signalCode === null);
    await Promise.all(running.map((child) => new Promise((resolve) => {
      child.once('exit', resolve);
      child.kill('SIGKILL');
    })));
    for (const name of this.#names) await run('ip', ['netns', 'del', name]);
  }
}

/** What runs on a machine. */
export interface StartedProgram {
  /** All that it has said so far. */
  readonly output: string;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface CableEnd {
  readonly machine: string;
  readonly link: string;
  readonly addresses?: readonly string[];
  /** What it is plugged into. */
  readonly bridge?: string;
}

const tcpServer = `
const server = require('node:net').createServer({ allowHalfOpen: true }, (socket) => {
  let bytes = 0;
  socket.on('data', (data) => { bytes += data.length; if (data.at(-1) === 10) socket.write('.'); });
  socket.on('end', () => socket.end(socket.remoteAddress.replace('::ffff:', '') + ' ' + bytes));
  socket.on('error', () => {});
});
server.listen(Number(process.argv[1]), '::', () => console.log('ready'));`;

const udpServer = `
for (const type of ['udp4', 'udp6']) {
  const socket = require('node:dgram').createSocket({ type, ipv6Only: type === 'udp6' });
  socket.on('message', (data, from) => socket.send(from.address + ' ' + data.length, from.port, from.address));
  socket.bind(Number(process.argv[1]), () => { if (type === 'udp6') console.log('ready'); });
}`;

const tcpClient = `
const [host, port, bytes, withinMs] = process.argv.slice(1);
const socket = require('node:net').connect({ host, port: Number(port) });
setTimeout(() => process.exit(2), Number(withinMs));
let heard = '';
socket.on('connect', () => socket.end(Buffer.alloc(Number(bytes))));
socket.on('data', (data) => { heard += data; });
socket.on('end', () => { process.stdout.write(heard); process.exit(0); });
socket.on('error', () => process.exit(3));`;

const udpClient = `
const [host, port, bytes, withinMs] = process.argv.slice(1);
const socket = require('node:dgram').createSocket(host.includes(':') ? 'udp6' : 'udp4');
setTimeout(() => process.exit(2), Number(withinMs));
socket.on('message', (data) => { process.stdout.write(data.toString()); process.exit(0); });
socket.send(Buffer.alloc(Number(bytes)), Number(port), host);`;

const talker = `
const [host, port] = process.argv.slice(1);
const socket = require('node:net').connect({ host, port: Number(port) });
socket.on('connect', () => console.log('connected'));
socket.on('error', () => {});
let told;
socket.on('data', () => told?.('heard'));
require('node:readline').createInterface({ input: process.stdin }).on('line', async (line) => {
  const answer = new Promise((resolve) => { told = resolve; setTimeout(() => resolve('silence'), Number(line)); });
  socket.write('a\\n');
  console.log(await answer);
});`;
