import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { RunCommand } from '../../src/proxy/backend.ts';

/** Why traffic cannot be tried here; false where it can. */
export const withoutNamespaces: string | false = (() => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'network namespaces need root on Linux';
  for (const tool of ['ip', 'nft']) if (spawnSync(tool, ['-V']).error !== undefined) return `${tool} is not installed`;
  return spawnSync('ip', ['netns', 'list']).status === 0 ? false : 'network namespaces cannot be made here';
})();

/** Asks from one namespace, one question after the other. */
interface Asker { readonly process: ChildProcess; readonly ask: (question: string) => Promise<string> }

let labs = 0;

/**
 * A node with its pods and a client outside, each a network namespace: pods a, b and c on the node's bridge with
 * 10.244.0.2 … 4 and fd00:244::2 … 4, the node with 10.244.0.1 and, towards `outside` (198.51.100.2), 198.51.100.1. Pods
 * answer on port 8080. What runs in it ends with it.
 */
export class Lab implements AsyncDisposable {
  readonly #name = `cox-lab-${process.pid}-${labs++}`;
  readonly #children: ChildProcess[] = [];
  readonly #askers = new Map<string, Asker>();

  static async start(): Promise<Lab> {
    const lab = new Lab();
    try {
      for (const part of ['node', 'outside', 'a', 'b', 'c']) {
        execFileSync('ip', ['netns', 'add', lab.#namespace(part)]);
        lab.#in(part, 'ip link set lo up');
      }
      lab.#connect();
      await Promise.all(['a', 'b', 'c'].map((pod) => lab.#serve(pod)));
      return lab;
    } catch (error) {
      await lab[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Runs programs on the node. */
  readonly run: RunCommand = (command, args, input) => {
    const result = spawnSync('ip', ['netns', 'exec', this.#namespace('node'), command, ...args], { input, encoding: 'utf8' });
    return result.status === 0 ? Promise.resolve(result.stdout) : Promise.reject(new Error(`${command}: ${result.stderr}`));
  };

  /** What `from` (node, outside, or a pod) is answered: who answers and as whom it is seen, `refused`, or `nothing`. */
  ask(from: string, protocol: 'tcp' | 'udp', address: string, port: number, sourcePort = 0): Promise<string> {
    let asker = this.#askers.get(from);
    if (asker === undefined) this.#askers.set(from, asker = this.#asker(from));
    return asker.ask(`${protocol} ${address} ${port} ${sourcePort}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    const running = this.#children.filter((child) => child.exitCode === null && child.signalCode === null);
    await Promise.all(running.map((child) => new Promise((resolve) => { child.once('close', resolve); })));
    for (const part of ['a', 'b', 'c', 'outside', 'node']) spawnSync('ip', ['netns', 'delete', this.#namespace(part)]);
  }

  #namespace(part: string): string {
    return `${this.#name}-${part}`;
  }

  #in(part: string, commands: string): void {
    for (const command of commands.split('\n')) execFileSync('ip', ['netns', 'exec', this.#namespace(part), ...command.trim().split(' ')]);
  }

  #connect(): void {
    this.#in('node', `ip link add cox0 type bridge
      ip link set cox0 up
      ip addr add 10.244.0.1/24 dev cox0
      ip addr add fd00:244::1/64 dev cox0 nodad
      sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.conf.cox0.route_localnet=1`);
    for (const [index, pod] of ['a', 'b', 'c'].entries()) {
      this.#in('node', `ip link add v${pod} type veth peer name eth0 netns ${this.#namespace(pod)}
        ip link set v${pod} master cox0
        ip link set v${pod} type bridge_slave hairpin on
        ip link set v${pod} up`);
      this.#in(pod, `ip link set eth0 up
        ip addr add 10.244.0.${index + 2}/24 dev eth0
        ip addr add fd00:244::${index + 2}/64 dev eth0 nodad
        ip route add default via 10.244.0.1
        ip -6 route add default via fd00:244::1`);
    }
    this.#in('node', `ip link add out type veth peer name eth0 netns ${this.#namespace('outside')}
      ip link set out up
      ip addr add 198.51.100.1/24 dev out
      ip addr add 2001:db8::1/64 dev out nodad
      ip route add default via 198.51.100.2
      ip -6 route add default via 2001:db8::2`);
    this.#in('outside', `ip link set eth0 up
      ip addr add 198.51.100.2/24 dev eth0
      ip addr add 2001:db8::2/64 dev eth0 nodad
      ip route add default via 198.51.100.1
      ip -6 route add default via 2001:db8::1`);
  }

  #spawn(part: string, script: string, args: readonly string[]): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', this.#namespace(part), process.execPath, '--disable-warning=ExperimentalWarning', join(import.meta.dirname, script), ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#children.push(child);
    return child;
  }

  async #serve(pod: string): Promise<void> {
    const child = this.#spawn(pod, 'lab-server.ts', [pod, '8080']);
    await new Promise((resolve, reject) => {
      child.stdout?.once('data', resolve);
      child.once('exit', (code) => reject(new Error(`the server of ${pod} ended with ${code}`)));
    });
  }

  #asker(part: string): Asker {
    const child = this.#spawn(part, 'lab-client.ts', []);
    const waiting: ((answer: string) => void)[] = [];
    createInterface({ input: child.stdout! }).on('line', (line) => waiting.shift()?.(line));
    return { process: child, ask: (question) => new Promise((resolve) => {
      waiting.push(resolve);
      child.stdin?.write(`${question}\n`);
    }) };
  }
}
