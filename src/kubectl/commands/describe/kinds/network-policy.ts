import { formatLabelSelector } from '../../../../api/meta/labels.ts';
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../../../../api/types/networking/v1.ts';
import { describer } from '../describer.ts';
import type { Page } from '../page.ts';
import { goTime, orNone } from '../page.ts';

interface Rule { readonly ports?: readonly NetworkPolicyPort[]; readonly peers?: readonly NetworkPolicyPeer[] }
interface Direction { readonly word: 'From' | 'To'; readonly connectivity: 'ingress' | 'egress'; readonly end: 'source' | 'destination' }

const indent = '    ';

function writePeer(page: Page, { podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer, word: string): void {
  page.raw(`${indent}${word}:\n`);
  if (namespaceSelector !== undefined) page.line(1, `${indent}NamespaceSelector: ${formatLabelSelector(namespaceSelector)}`);
  if (podSelector !== undefined) page.line(1, `${indent}PodSelector: ${formatLabelSelector(podSelector)}`);
  if (podSelector !== undefined || namespaceSelector !== undefined || ipBlock === undefined) return;
  page.line(1, `${indent}IPBlock:`);
  page.line(2, `${indent}CIDR: ${ipBlock.cidr}`);
  page.line(2, `${indent}Except: ${(ipBlock.except ?? []).join(', ')}`);
}

function writeRules(page: Page, rules: readonly Rule[], { word, connectivity, end }: Direction): void {
  if (rules.length === 0) page.raw(`${indent}<none> (Selected pods are isolated for ${connectivity} connectivity)\n`);
  rules.forEach(({ ports = [], peers = [] }, i) => {
    if (ports.length === 0) page.raw(`${indent}To Port: <any> (traffic allowed to all ports)\n`);
    for (const { port, endPort, protocol = 'TCP' } of ports) page.raw(endPort === undefined ? `${indent}To Port: ${port ?? '<nil>'}/${protocol}\n` : `${indent}To Port Range: ${port ?? '<nil>'}-${endPort}/${protocol}\n`);
    if (peers.length === 0) page.raw(`${indent}${word}: <any> (traffic not restricted by ${end})\n`);
    for (const peer of peers) writePeer(page, peer, word);
    if (i < rules.length - 1) page.raw(`${indent}----------\n`);
  });
}

export default describer<NetworkPolicy>('networking.k8s.io/v1', ({ metadata, spec }, { page }) => {
  page.field('Name', metadata.name);
  page.field('Namespace', metadata.namespace);
  page.field('Created on', goTime(metadata.creationTimestamp));
  page.labels('Labels', metadata.labels);
  page.annotations('Annotations', metadata.annotations);
  const { podSelector = {}, policyTypes = [], ingress = [], egress = [] } = spec ?? {};
  const all = Object.keys(podSelector.matchLabels ?? {}).length + (podSelector.matchExpressions ?? []).length === 0;
  page.line(0, 'Spec:');
  // Upstream indents the second half of this line as well.
  page.raw(`  PodSelector:     ${all ? '<none> (Allowing the specific traffic to all pods in this namespace)' : formatLabelSelector(podSelector)}\n`);
  if (policyTypes.includes('Ingress')) {
    page.line(1, 'Allowing ingress traffic:');
    writeRules(page, ingress.map(({ ports, from }) => ({ ...(ports !== undefined && { ports }), ...(from !== undefined && { peers: from }) })), { word: 'From', connectivity: 'ingress', end: 'source' });
  } else page.line(1, 'Not affecting ingress traffic');
  if (policyTypes.includes('Egress')) {
    page.line(1, 'Allowing egress traffic:');
    writeRules(page, egress.map(({ ports, to }) => ({ ...(ports !== undefined && { ports }), ...(to !== undefined && { peers: to }) })), { word: 'To', connectivity: 'egress', end: 'destination' });
  } else page.line(1, 'Not affecting egress traffic');
  page.line(1, `Policy Types: ${orNone(policyTypes.join(', '))}`);
});
