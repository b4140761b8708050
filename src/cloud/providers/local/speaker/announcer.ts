import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { contains, parsePool } from '../pools.ts';

/** Runs a program of the system with this on its standard input; resolves with what it printed, rejects with one line. */
export type RunCommand = (file: string, args: readonly string[], input?: string) => Promise<string>;

export interface AnnouncerOptions {
  readonly run: RunCommand;
  /** Program of iproute2. */
  readonly ip: string;
  /** Absent: other ports of the addresses lead to what this machine itself listens on. */
  readonly nft: string | undefined;
}

/** Holds the addresses that this node answers for, and is the record of which those are. */
export const announcedLink = 'cox-lb';
/** The table that guards them. */
export const guardTable = 'coxswain-load-balancers';
/** RFC 7600's address of nobody: an ARP request for it, which goes unanswered, tells the link who sends it. */
const nobody = '192.0.0.8';

interface Link { readonly ifname: string; readonly addr_info: readonly { readonly family: string; readonly local: string; readonly prefixlen: number; readonly dadfailed?: boolean }[] }

/**
 * Lets this machine answer for addresses on its link (ARP, NDP). They stand on an interface of their own, for which the kernel
 * answers on every other; those of IPv6, where it does not, also on the link. Only what Service rules lead somewhere is let in:
 * the machine's own ports are not open under them.
 */
export class Announcer {
  readonly #options: AnnouncerOptions;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
  }

  /** Answers for exactly these. `nodeAddresses`: the machine's own, which tell its link. Idempotent; what others removed comes back. */
  async apply(wanted: readonly string[], nodeAddresses: readonly string[]): Promise<void> {
    const links = await this.#links();
    const present = addressesOn(links.find(({ ifname }) => ifname === announcedLink));
    if (wanted.length === 0 && !links.some(({ ifname }) => ifname === announcedLink)) return;
    await this.#guard(wanted);
    const commands: string[] = links.some(({ ifname }) => ifname === announcedLink) ? [] : [`link add ${announcedLink} type bridge`, `link set ${announcedLink} up`];
    for (const address of present.filter((one) => !wanted.includes(one))) {
      // The record is the last to go: what is not finished now is found by it the next time.
      for (const { ifname, addr_info: addresses } of links) if (ifname !== announcedLink && addresses.some(({ local }) => local === address)) commands.push(`addr del ${host(address)} dev ${ifname}`);
      commands.push(`addr del ${host(address)} dev ${announcedLink}`);
    }
    const added = wanted.filter((one) => !present.includes(one));
    for (const address of added) commands.push(`addr add ${host(address)} dev ${announcedLink}${isIPv6(address) ? ' nodad' : ''}`);
    const late: string[] = [];
    for (const address of wanted.filter(isIPv6)) {
      const link = linkFor(address, links, nodeAddresses);
      const there = links.find(({ ifname }) => ifname === link)?.addr_info.find(({ local }) => local === address);
      if (there?.dadfailed === true) {
        commands.push(`addr del ${host(address)} dev ${link}`);
        late.push(address);
      } else if (there === undefined && link !== undefined) {
        // Never a source of this machine's own connections; the neighbours are told when nobody else has it.
        await this.#options.run('sysctl', ['-q', '-w', `net.ipv6.conf.${link}.ndisc_notify=1`]).catch(() => {});
        commands.push(`addr add ${host(address)} dev ${link} preferred_lft 0`);
      }
    }
    if (commands.length > 0) await this.#options.run(this.#options.ip, ['-batch', '-'], `${commands.join('\n')}\n`);
    for (const address of added.filter((one) => !isIPv6(one))) await this.#tellNeighbours(address, linkFor(address, links, nodeAddresses));
    if (late.length > 0) throw new Error(`somebody else on the link has ${late.join(', ')}`);
  }

  /** Takes back everything. */
  async clear(): Promise<void> {
    const { run, ip, nft } = this.#options;
    await this.apply([], []);
    await run(ip, ['-force', '-batch', '-'], `link del ${announcedLink}\nroute del ${nobody}/32\n`).catch(() => {});
    if (nft !== undefined) await run(nft, ['-f', '-'], `table inet ${guardTable}\ndelete table inet ${guardTable}\n`);
  }

  /** Only connections that rules have led on, and their answers, belong to these addresses; and an echo for those who look. */
  async #guard(wanted: readonly string[]): Promise<void> {
    const { nft, run } = this.#options;
    if (nft === undefined) return;
    const families = [['ip', wanted.filter((one) => !isIPv6(one))], ['ip6', wanted.filter(isIPv6)]] as const;
    const rules = families.flatMap(([family, addresses]) => (addresses.length === 0 ? [] : [
      `    ${family} daddr { ${addresses.join(', ')} } meta l4proto tcp reject with tcp reset`,
      `    ${family} daddr { ${addresses.join(', ')} } meta l4proto { udp, sctp } reject`,
    ]));
    await run(nft, ['-f', '-'], `table inet ${guardTable}\ndelete table inet ${guardTable}\n${rules.length === 0 ? '' : `table inet ${guardTable} {\n  chain input {\n    type filter hook input priority filter; policy accept;\n    ct state established,related accept\n${rules.join('\n')}\n  }\n}\n`}`);
  }

  /**
   * Neighbours that still know another machine by this address learn better: an ARP request goes to all, and says by whom it was
   * sent. The kernel makes one for a packet to an address that nobody has; three, a second apart, as long as nobody answers.
   */
  async #tellNeighbours(address: string, link: string | undefined): Promise<void> {
    if (link === undefined) return;
    const { run, ip } = this.#options;
    await run(ip, ['-batch', '-'], `route replace ${nobody}/32 dev ${link} scope link\nneigh flush to ${nobody} dev ${link}\n`);
    const socket = createSocket('udp4');
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.bind({ address }, () => socket.send('', 9, nobody, (error) => { if (error === null) resolve(); else reject(error); }));
      });
    } finally {
      socket.close();
    }
  }

  async #links(): Promise<readonly Link[]> {
    const text = await this.#options.run(this.#options.ip, ['-j', 'addr', 'show']);
    return JSON.parse(text.trim() === '' ? '[]' : text) as Link[];
  }
}

const host = (address: string): string => `${address}/${isIPv6(address) ? 128 : 32}`;
const addressesOn = (link: Link | undefined): string[] => (link?.addr_info ?? []).filter(({ local }) => !/^fe80:/i.test(local)).map(({ local }) => local);

/** The link where an address belongs: the one whose subnet it is of, else that of the node's own address. */
function linkFor(address: string, links: readonly Link[], nodeAddresses: readonly string[]): string | undefined {
  const others = links.filter(({ ifname }) => !/^(lo$|cox|veth|cni|docker|br-|flannel|cali|lxc)/.test(ifname));
  const isIn = ({ local, prefixlen }: Link['addr_info'][number]): boolean => prefixlen < (isIPv6(local) ? 128 : 32) && contains(parsePool(`${local}/${prefixlen}`), address);
  return (others.find((link) => link.addr_info.some(isIn)) ?? others.find((link) => link.addr_info.some(({ local }) => nodeAddresses.includes(local))))?.ifname;
}
