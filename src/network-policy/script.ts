import type { Ruleset, VerdictMap } from './ruleset.ts';

/** The table that holds all of it; `reset` finds it by its name. */
export const policyTable = 'inet coxswain-policy';

const maps: readonly VerdictMap[] = ['ingress4', 'ingress6', 'egress4', 'egress6'];

/** Nothing is isolated. */
export const nothingIsolated: Ruleset = { chains: new Map(), sets: new Map(), isolated: { ingress4: new Map(), ingress6: new Map(), egress4: new Map(), egress6: new Map() } };

/** Removes everything. */
export const removalScript = `add table ${policyTable}\ndelete table ${policyTable}\n`;

/**
 * The table with nothing in it yet. What is forwarded, between two pods of the bridge as well, is judged first by who sends it
 * and then by who is to get it: two base chains, for what the one accepts the other may still drop. Packets of the node itself,
 * such as kubelet's probes, are not forwarded, and therefore always get through. So do those of connections that stand, what a
 * pod says to itself through a Service, and what finds neighbours.
 */
export function baseScript(): string {
  const chain = (direction: 'ingress' | 'egress', priority: string): string[] => {
    const side = direction === 'ingress' ? 'daddr' : 'saddr';
    return [
      `  chain ${direction} {`,
      `    type filter hook forward priority ${priority}; policy accept;`,
      '    ct state established,related accept',
      '    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit, nd-router-advert } accept',
      '    ip saddr . ip daddr @self4 accept',
      '    ip6 saddr . ip6 daddr @self6 accept',
      `    ip ${side} vmap @${direction}4`,
      `    ip6 ${side} vmap @${direction}6`,
      '  }',
    ];
  };
  return [
    `table ${policyTable}`,
    `delete table ${policyTable}`,
    `table ${policyTable} {`,
    ...maps.map((name) => `  map ${name} { type ${name.endsWith('4') ? 'ipv4_addr' : 'ipv6_addr'} : verdict; }`),
    '  set self4 { type ipv4_addr . ipv4_addr; }',
    '  set self6 { type ipv6_addr . ipv6_addr; }',
    ...chain('egress', 'filter - 2'),
    ...chain('ingress', 'filter - 1'),
    '}',
    '',
  ].join('\n');
}

const list = (elements: readonly string[]): string => `{ ${elements.join(', ')} }`;
const missing = (from: Iterable<string>, other: { has(one: string): boolean }): string[] => [...from].filter((one) => !other.has(one));

/** What turns one ruleset into the other, in an order that the kernel accepts; empty when they are alike. One transaction. */
export function diffScript(before: Ruleset, after: Ruleset): string {
  const lines: string[] = [];
  for (const [name, { type, elements }] of after.sets) {
    const old = before.sets.get(name);
    if (old === undefined) lines.push(`add set ${policyTable} ${name} { type ${type}; }`);
    const added = missing(elements, old?.elements ?? new Set());
    const removed = missing(old?.elements ?? [], elements);
    if (removed.length > 0) lines.push(`delete element ${policyTable} ${name} ${list(removed)}`);
    if (added.length > 0) lines.push(`add element ${policyTable} ${name} ${list(added)}`);
  }
  for (const [name, rules] of after.chains) {
    const old = before.chains.get(name);
    if (old === undefined) lines.push(`add chain ${policyTable} ${name}`);
    else if (old.join('\n') === rules.join('\n')) continue;
    else lines.push(`flush chain ${policyTable} ${name}`);
    lines.push(...rules.map((rule) => `add rule ${policyTable} ${name} ${rule}`));
  }
  for (const map of maps) lines.push(...diffIsolated(map, before.isolated[map], after.isolated[map]));
  lines.push(...diffSelf(before, after));
  const gone = missing(before.chains.keys(), after.chains);
  lines.push(...gone.map((name) => `flush chain ${policyTable} ${name}`), ...gone.map((name) => `delete chain ${policyTable} ${name}`));
  lines.push(...missing(before.sets.keys(), after.sets).map((name) => `delete set ${policyTable} ${name}`));
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function diffIsolated(map: VerdictMap, before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const removed = [...before].filter(([ip, chain]) => after.get(ip) !== chain).map(([ip, chain]) => `${ip} : jump ${chain}`);
  const added = [...after].filter(([ip, chain]) => before.get(ip) !== chain).map(([ip, chain]) => `${ip} : jump ${chain}`);
  return [
    ...(removed.length > 0 ? [`delete element ${policyTable} ${map} ${list(removed)}`] : []),
    ...(added.length > 0 ? [`add element ${policyTable} ${map} ${list(added)}`] : []),
  ];
}

function diffSelf(before: Ruleset, after: Ruleset): string[] {
  return (['4', '6'] as const).flatMap((family) => {
    const addresses = ({ isolated }: Ruleset): Set<string> => new Set([...isolated[`ingress${family}`].keys(), ...isolated[`egress${family}`].keys()].map((ip) => `${ip} . ${ip}`));
    const [old, wanted] = [addresses(before), addresses(after)];
    const [removed, added] = [missing(old, wanted), missing(wanted, old)];
    return [
      ...(removed.length > 0 ? [`delete element ${policyTable} self${family} ${list(removed)}`] : []),
      ...(added.length > 0 ? [`add element ${policyTable} self${family} ${list(added)}`] : []),
    ];
  });
}
