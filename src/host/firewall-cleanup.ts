import { findExecutable } from './capabilities.ts';
import { runCommand } from './run-command.ts';

/** Tables that iptables-nft makes by itself when a rule is first added; it never removes them. */
const iptablesTables = ['ip nat', 'ip filter', 'ip mangle', 'ip raw', 'ip6 nat', 'ip6 filter', 'ip6 mangle', 'ip6 raw'];

/** The nftables tables of the machine as `family name`. */
export async function nftTables(): Promise<string[]> {
  const nft = findExecutable('nft');
  if (nft === undefined) return [];
  const result = await runCommand(nft, ['list', 'tables']);
  return result.stdout.split('\n').map((line) => /^table (\S+ \S+)/.exec(line)?.[1]).filter((table) => table !== undefined);
}

export async function deleteNftTables(unwanted: (name: string) => boolean): Promise<string[]> {
  const nft = findExecutable('nft');
  if (nft === undefined) return [];
  const tables = (await nftTables()).filter((table) => unwanted(table.split(' ')[1] ?? ''));
  for (const table of tables) await runCommand(nft, ['delete', 'table', ...table.split(' ')]);
  return tables;
}

/** Deletes tables that the iptables commands left behind empty, unless they were there before us. */
export async function deleteEmptyIptablesTables(before: readonly string[]): Promise<void> {
  const nft = findExecutable('nft');
  if (nft === undefined) return;
  const present = new Set(await nftTables());
  for (const table of iptablesTables) {
    if (before.includes(table) || !present.has(table)) continue;
    const listing = (await runCommand(nft, ['list', 'table', ...table.split(' ')])).stdout;
    const empty = listing.split('\n').every((line) => /^\s*(#.*|table .*|chain \S+ \{|type .* policy accept;|\})?\s*$/.test(line));
    if (empty) await runCommand(nft, ['delete', 'table', ...table.split(' ')]);
  }
}

/** A restore script for each table that has chains to go: their jumps first, then the chains. Pure. */
export function chainRemoval(saved: string, unwanted: (chain: string) => boolean): string {
  const script: string[] = [];
  for (const section of saved.split(/^(?=\*)/m)) {
    const table = /^\*(\S+)/.exec(section)?.[1];
    if (table === undefined) continue;
    const chains = [...section.matchAll(/^:(\S+) /gm)].map((match) => match[1] ?? '').filter(unwanted);
    if (chains.length === 0) continue;
    const jumps = section.split('\n').filter((line) => {
      const [, from = '', target = ''] = /^-A (\S+) .*-[jg] (\S+)/.exec(line) ?? [];
      return chains.includes(target) && !chains.includes(from);
    });
    script.push(`*${table}`, ...chains.map((chain) => `-F ${chain}`), ...jumps.map((line) => line.replace(/^-A/, '-D')), ...chains.map((chain) => `-X ${chain}`), 'COMMIT');
  }
  return script.length === 0 ? '' : `${script.join('\n')}\n`;
}

/** Chains that the portmap plugin shares between all its users; without any forwarded port they do nothing. */
const portmapShared = new Set(['CNI-HOSTPORT-DNAT', 'CNI-HOSTPORT-MASQ', 'CNI-HOSTPORT-SETMARK']);

/**
 * Removes iptables chains by name with the jumps to them, and what the portmap plugin made: chains of our network's
 * containers, and its shared chains when nobody else's ports are in them.
 */
export async function deleteIptablesChains(options: { readonly prefix: string; readonly networkName: string | undefined }): Promise<void> {
  for (const iptables of ['iptables', 'ip6tables']) {
    const save = findExecutable(`${iptables}-save`);
    const restore = findExecutable(`${iptables}-restore`);
    if (save === undefined || restore === undefined) continue;
    const saved = (await runCommand(save, [])).stdout;
    const ours = new Set<string>();
    let othersPorts = false;
    for (const [, comment = '', chain = ''] of saved.matchAll(/^-A CNI-HOSTPORT-DNAT .*--comment "dnat name: \\"(.*?)\\" .*-j (\S+)/gm)) {
      if (options.networkName !== undefined && comment === options.networkName) ours.add(chain);
      else othersPorts = true;
    }
    const script = chainRemoval(saved, (chain) => chain.startsWith(options.prefix) || ours.has(chain) || (portmapShared.has(chain) && !othersPorts && options.networkName !== undefined));
    if (script !== '') await runCommand(restore, ['-w', '--noflush'], { input: script });
  }
}
