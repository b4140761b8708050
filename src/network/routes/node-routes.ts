import { isIP } from 'node:net';
import type { RunCommand } from '../commands.ts';
import { must, mtuOf } from '../commands.ts';
import { hasLink, linkWithAddress } from '../links.ts';
import type { OverlayPeer, RoutePlan } from './plan.ts';
import { tunnelEnd, tunnelMac } from './plan.ts';
import { parseNetwork } from '../../api/meta/ip-network.ts';

/** The tunnel's interface. */
export const tunnelLink = 'cox-vxlan';
/** Marks our routes in the kernel's table (`ip route show proto 222`), so that old ones are found and nobody else's is touched. */
export const routeProtocol = '222';

const tunnelId = 1;
/** The number that Linux and Flannel use; IANA's 4789 is often taken by the data centre's own tunnels. */
const tunnelPort = 8472;
/** What a packet grows by on its way through the tunnel: outer IP, UDP and VXLAN headers, and the inner Ethernet header. */
const overheadBytes = { 4: 50, 6: 70 } as const;
const minMtu = 1280;

export interface NodeRoutesOptions {
  readonly run: RunCommand;
  /** Program of iproute2; `bridge` is looked for beside it. */
  readonly ip: string;
}

/** This node's own end. */
export interface OwnEnd { readonly podCidrs: readonly string[]; readonly addresses: readonly string[] }

interface KernelRoute { readonly dst: string; readonly gateway?: string; readonly dev?: string }
interface Neighbour { readonly dst: string; readonly lladdr?: string }
interface Forwarding { readonly mac: string; readonly dst?: string }

/** Puts routes to other nodes' pods into the kernel, and makes the tunnel where one is needed. */
export class NodeRoutes {
  readonly #options: NodeRoutesOptions;

  constructor(options: NodeRoutesOptions) {
    this.#options = options;
  }

  /** Makes the kernel's routes say exactly this. Idempotent. Rejects with one line; what could be done is done. */
  async apply(own: OwnEnd, plan: RoutePlan): Promise<void> {
    if (plan.overlay.length > 0) await this.#openTunnel(own, plan.overlay);
    await this.#setRoutes(plan);
    if (plan.overlay.length === 0 && hasLink(tunnelLink)) await this.#ip(['link', 'delete', tunnelLink], 'close the tunnel');
  }

  /** Removes the tunnel and every route of ours. */
  async clear(): Promise<void> {
    await this.apply({ podCidrs: [], addresses: [] }, { direct: [], overlay: [] });
  }

  async #openTunnel({ podCidrs, addresses }: OwnEnd, peers: readonly OverlayPeer[]): Promise<void> {
    const family = isIP(peers[0]!.remote);
    const local = addresses.find((address) => isIP(address) === family);
    const mac = tunnelMac(podCidrs);
    const uplink = local === undefined ? undefined : linkWithAddress(local);
    if (local === undefined || mac === undefined || uplink === undefined) throw new Error(`cannot open a tunnel to other nodes: no interface of this machine has the address ${local ?? 'of the node'}`);
    const uplinkMtu = await mtuOf(this.#options.run, this.#options.ip, uplink) ?? 1500;
    const mtu = Math.max(minMtu, uplinkMtu - overheadBytes[family === 4 ? 4 : 6]);
    // Its ends and its number cannot be changed once it is there.
    if (hasLink(tunnelLink) && !(await this.#ip(['-d', '-o', 'link', 'show', 'dev', tunnelLink], 'look at the tunnel')).includes(` local ${local} `)) await this.#ip(['link', 'delete', tunnelLink], 'replace the tunnel');
    if (!hasLink(tunnelLink)) await this.#ip(['link', 'add', tunnelLink, 'address', mac, 'type', 'vxlan', 'id', String(tunnelId), 'local', local, 'dev', uplink, 'dstport', String(tunnelPort), 'nolearning'], 'open a tunnel to other nodes');
    const ends = podCidrs.map(parseNetwork).filter((range) => range !== undefined).map((range) => `addr replace ${tunnelEnd(range)}/${range.width}${range.family === 6 ? ' nodad' : ''} dev ${tunnelLink}`);
    await this.#ip(['-batch', '-'], 'set up the tunnel', [`link set ${tunnelLink} address ${mac} mtu ${mtu} up`, ...ends]);
    await this.#setPeers(peers);
  }

  /** Who is at the other ends: nothing is learnt from packets, so that nobody can claim to be a node. */
  async #setPeers(peers: readonly OverlayPeer[]): Promise<void> {
    const neighbours = peers.flatMap(({ mac, ranges }) => ranges.map(({ end }) => ({ end, mac })));
    const known = [4, 6].map((family) => this.#json<Neighbour>(['-j', `-${family}`, 'neigh', 'show', 'dev', tunnelLink, 'nud', 'permanent']));
    const stale = (await Promise.all(known)).flat().filter(({ dst }) => !neighbours.some(({ end }) => end === dst));
    await this.#ip(['-batch', '-'], 'tell the tunnel its ends', [
      ...stale.map(({ dst }) => `neigh del ${dst} dev ${tunnelLink}`),
      ...neighbours.map(({ end, mac }) => `neigh replace ${end} lladdr ${mac} dev ${tunnelLink} nud permanent`),
    ]);
    const { run } = this.#options;
    const bridge = this.#options.ip.replace(/ip$/, 'bridge');
    const forwarded = parseJson<Forwarding>((await run(bridge, ['-j', 'fdb', 'show', 'dev', tunnelLink])).stdout);
    const commands = [
      ...forwarded.filter(({ mac, dst }) => dst !== undefined && !peers.some((peer) => peer.mac === mac && peer.remote === dst)).map(({ mac, dst }) => `fdb del ${mac} dev ${tunnelLink} dst ${dst}`),
      ...peers.map(({ mac, remote }) => `fdb replace ${mac} dev ${tunnelLink} dst ${remote}`),
    ];
    await must(run, bridge, ['-batch', '-'], { purpose: 'tell the tunnel where its ends are', input: `${commands.join('\n')}\n` });
  }

  async #setRoutes({ direct, overlay }: RoutePlan): Promise<void> {
    const wanted = new Map([
      ...direct.map(({ destination, via }) => [destination, { gateway: via, how: `via ${via}` }] as const),
      ...overlay.flatMap(({ ranges }) => ranges.map(({ destination, end }) => [destination, { gateway: end, how: `via ${end} dev ${tunnelLink} onlink` }] as const)),
    ]);
    const commands: string[] = [];
    const present = new Map<string, KernelRoute>();
    for (const family of [4, 6]) {
      for (const route of await this.#json<KernelRoute>(['-j', `-${family}`, 'route', 'show', 'proto', routeProtocol])) {
        present.set(route.dst, route);
        if (!wanted.has(route.dst)) commands.push(`route del ${route.dst} proto ${routeProtocol}`);
      }
    }
    for (const [destination, { gateway, how }] of wanted) {
      const route = present.get(destination);
      // Through the tunnel or beside it: the gateways of both kinds never are the same.
      if (route?.gateway !== gateway) commands.push(`route replace ${destination} ${how} proto ${routeProtocol}`);
    }
    if (commands.length === 0) return;
    // A route that the kernel refuses must not keep the others out.
    const result = await this.#options.run(this.#options.ip, ['-force', '-batch', '-'], { input: `${commands.join('\n')}\n` });
    if (result.exitCode !== 0) throw new Error(`cannot set routes to other nodes' pods: ${result.stderr.trim().split('\n')[0] ?? ''}`);
  }

  async #ip(args: readonly string[], purpose: string, lines?: readonly string[]): Promise<string> {
    return must(this.#options.run, this.#options.ip, args, { purpose, ...(lines !== undefined && { input: `${lines.join('\n')}\n` }) });
  }

  async #json<T>(args: readonly string[]): Promise<T[]> {
    return parseJson<T>((await this.#options.run(this.#options.ip, args)).stdout);
  }
}

/** iproute2 prints nothing, not an empty list, where there is nothing of a kind that it does not know. */
const parseJson = <T>(text: string): T[] => (text.trim() === '' ? [] : JSON.parse(text) as T[]);
