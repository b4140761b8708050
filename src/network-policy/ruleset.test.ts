import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import type { Labels } from '../api/meta/labels.ts';
import type { NetworkPolicy, NetworkPolicySpec } from '../api/types/networking/v1.ts';
import type { NamedPort, PolicyPod, PolicyState } from './model.ts';
import { policyPod } from './model.ts';
import { rulesetOf } from './ruleset.ts';
import { baseScript, diffScript, nothingIsolated } from './script.ts';

const pod = (namespace: string, name: string, ips: readonly string[], more: { readonly labels?: Labels; readonly ports?: readonly NamedPort[]; readonly isLocal?: boolean; readonly aliases?: ReadonlyMap<string, number> } = {}): PolicyPod =>
  ({ namespace, name, ips, labels: { pod: name }, ports: [], isLocal: false, ...more });

const web: NamedPort = { name: 'web', protocol: 'TCP', port: 8080 };
const pods = [
  pod('x', 'a', ['10.244.0.2', 'fd00::2'], { isLocal: true, ports: [web] }),
  pod('x', 'b', ['10.244.1.3', 'fd00:0:0:1::3'], { ports: [{ ...web, port: 81 }] }),
  pod('y', 'a', ['10.244.1.4', 'fd00:0:0:1::4'], { ports: [{ ...web, port: 82 }] }),
  pod('kube-system', 'kube-dns', ['10.244.9.1'], { labels: { 'k8s-app': 'kube-dns' }, aliases: new Map([['UDP/53', 10_053], ['TCP/53', 10_053]]) }),
];
const namespaces = new Map(['x', 'y', 'kube-system'].map((name) => [name, { ns: name }]));
const policy = (spec: NetworkPolicySpec, name = 'p', namespace = 'x'): NetworkPolicy => ({ metadata: { name, namespace }, spec });
const stateOf = (...policies: NetworkPolicy[]): PolicyState => ({ pods, namespaces, policies });

/** The rules of the one local pod, with the members of a set in place of its name. */
function rulesOf(direction: 'ingress' | 'egress', ...policies: NetworkPolicy[]): string[] | undefined {
  const { chains, sets, isolated } = rulesetOf(stateOf(...policies));
  const chain = isolated[`${direction}4`].get('10.244.0.2');
  assert.equal(isolated[`${direction}6`].get('fd00::2'), chain);
  return chain === undefined ? undefined : chains.get(chain)!.map((rule) => rule.replaceAll(/@([a-z0-9-]+)/g, (_, name: string) => `{${[...sets.get(name)!.elements].join(' ')}}`));
}

const cases: readonly { readonly name: string; readonly spec: NetworkPolicySpec; readonly ingress?: string[]; readonly egress?: string[] }[] = [
  { name: 'no rules: nothing gets in', spec: {}, ingress: ['drop'] },
  { name: 'another pod is selected', spec: { podSelector: { matchLabels: { pod: 'b' } } } },
  { name: 'an empty rule lets everything in', spec: { ingress: [{}] }, ingress: ['accept', 'drop'] },
  { name: 'both directions', spec: { policyTypes: ['Ingress', 'Egress'] }, ingress: ['drop'], egress: ['drop'] },
  { name: 'only out', spec: { policyTypes: ['Egress'], ingress: [{}] }, egress: ['drop'] },
  { name: 'rules for going out imply the direction', spec: { egress: [{}] }, ingress: ['drop'], egress: ['accept', 'drop'] },
  {
    name: 'pods of the same namespace',
    spec: { ingress: [{ from: [{ podSelector: { matchLabels: { pod: 'b' } } }] }] },
    ingress: ['ip saddr {10.244.1.3} accept', 'ip6 saddr {fd00:0:0:1::3} accept', 'drop'],
  },
  {
    name: 'all pods of some namespaces, on a port',
    spec: { ingress: [{ from: [{ namespaceSelector: { matchLabels: { ns: 'y' } } }], ports: [{ port: 80 }] }] },
    ingress: ['ip saddr {10.244.1.4} tcp dport 80 accept', 'ip6 saddr {fd00:0:0:1::4} tcp dport 80 accept', 'drop'],
  },
  {
    name: 'both selectors must match',
    spec: { ingress: [{ from: [{ namespaceSelector: { matchExpressions: [{ key: 'ns', operator: 'NotIn', values: ['x'] }] }, podSelector: { matchLabels: { pod: 'b' } } }] }] },
    ingress: ['ip saddr {} accept', 'ip6 saddr {} accept', 'drop'],
  },
  {
    name: 'address blocks with exceptions',
    spec: { policyTypes: ['Egress'], egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16', '10.2.0.0/16'] } }, { ipBlock: { cidr: 'fd00::/8' } }], ports: [{ protocol: 'UDP', port: 53 }] }] },
    egress: ['ip daddr 10.0.0.0/8 ip daddr != { 10.1.0.0/16, 10.2.0.0/16 } udp dport 53 accept', 'ip6 daddr fd00::/8 udp dport 53 accept', 'drop'],
  },
  {
    name: 'ranges, whole protocols, several ports',
    spec: { ingress: [{ ports: [{ port: 80, endPort: 90 }, { port: 443 }, { protocol: 'SCTP' }, { protocol: 'SCTP', port: 7 }] }] },
    ingress: ['meta l4proto sctp accept', 'tcp dport 80-90 accept', 'tcp dport 443 accept', 'drop'],
  },
  { name: 'a port by its name at this pod', spec: { ingress: [{ ports: [{ port: 'web' }] }] }, ingress: ['tcp dport 8080 accept', 'drop'] },
  { name: 'a name that the pod does not have lets nothing in', spec: { ingress: [{ ports: [{ port: 'admin' }] }] }, ingress: ['drop'] },
  {
    name: 'a port by its name at others: each has its own number for it',
    spec: { policyTypes: ['Egress'], egress: [{ to: [{ namespaceSelector: {}, podSelector: { matchLabels: { pod: 'a' } } }], ports: [{ port: 'web' }] }] },
    egress: ['ip daddr . meta l4proto . th dport {10.244.0.2 . tcp . 8080 10.244.1.4 . tcp . 82} accept', 'ip6 daddr . meta l4proto . th dport {fd00::2 . tcp . 8080 fd00:0:0:1::4 . tcp . 82} accept', 'drop'],
  },
  {
    name: 'the cluster DNS is meant by port 53, wherever it listens',
    spec: { policyTypes: ['Egress'], egress: [{ ports: [{ protocol: 'UDP', port: 53 }] }] },
    egress: ['udp dport 53 accept', 'ip daddr 10.244.9.1 udp dport 10053 accept', 'drop'],
  },
];

describe('rules of network policies', () => {
  for (const { name, spec, ingress, egress } of cases) {
    it(name, () => {
      assert.deepEqual(rulesOf('ingress', policy(spec)), ingress);
      assert.deepEqual(rulesOf('egress', policy(spec)), egress);
    });
  }

  it('what one policy allows, another does not take away', () => {
    assert.deepEqual(rulesOf('ingress', policy({}, 'deny'), policy({ ingress: [{ ports: [{ port: 80 }] }] }, 'allow')), ['tcp dport 80 accept', 'drop']);
    assert.equal(rulesOf('ingress', policy({}, 'p', 'y')), undefined, 'policies of other namespaces do not concern it');
  });

  it('pods of the host network and those that have ended have no part in it', () => {
    const [metadata, status] = [{ name: 'p', namespace: 'x' }, { phase: 'Running', podIPs: [{ ip: '10.0.0.1' }] }];
    assert.equal(policyPod({ metadata, spec: { containers: [], hostNetwork: true }, status }, 'n'), undefined);
    assert.equal(policyPod({ metadata, spec: { containers: [] }, status: { ...status, phase: 'Failed' } }, 'n'), undefined);
    assert.equal(policyPod({ metadata, spec: { containers: [], nodeName: 'n' }, status }, 'n')?.isLocal, true);
  });

  it('only what changed is written', () => {
    const from = { ingress: [{ from: [{ podSelector: { matchLabels: { pod: 'b' } } }] }] };
    const before = rulesetOf(stateOf(policy(from)));
    const more = rulesetOf({ ...stateOf(policy(from)), pods: [...pods, pod('x', 'b', ['10.244.1.9'])] });
    const set = [...before.sets.keys()].find((name) => name.endsWith('-4'))!;
    assert.equal(diffScript(before, before), '');
    assert.equal(diffScript(before, more), `add element inet coxswain-policy ${set} { 10.244.1.9 }\n`);
    const gone = diffScript(before, nothingIsolated).trim().split('\n').map((line) => line.split(' ').slice(0, 2).join(' '));
    assert.deepEqual(gone, ['delete element', 'delete element', 'delete element', 'delete element', 'flush chain', 'delete chain', 'delete set', 'delete set']);
  });

  const canCheck = process.getuid?.() === 0 && spawnSync('unshare', ['--net', 'nft', '--version']).status === 0;
  it('nft accepts all of it, there and back', { skip: canCheck ? false : 'nft or network namespaces are not here' }, () => {
    const all = cases.map(({ spec }) => rulesetOf(stateOf(policy(spec))));
    let script = baseScript();
    for (const [index, rules] of all.entries()) script += diffScript(all[index - 1] ?? nothingIsolated, rules);
    script += diffScript(all.at(-1)!, nothingIsolated);
    const { status, stderr } = spawnSync('unshare', ['--net', 'nft', '-f', '-'], { input: script, encoding: 'utf8' });
    assert.equal(stderr, '');
    assert.equal(status, 0);
  });
});
