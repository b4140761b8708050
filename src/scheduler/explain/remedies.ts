import { clashes } from '../../api/pod/host-ports.ts';
import { matchesRequiredAffinity } from '../../api/pod/node-selector.ts';
import { isTolerated } from '../../api/pod/tolerations.ts';
import type { NodeSelectorRequirement, PodAffinityTerm, Taint } from '../../api/types/core/v1.ts';
import type { NodeInfo } from '../cache/node-info.ts';
import type { PodInfo } from '../cache/pod-info.ts';

type Remedy = (pod: PodInfo, node: NodeInfo) => string[];

const binaryUnits = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi'];

/** `500m`, `1536Mi`, `3`: an amount as people write it in manifests. */
export function amountText(resource: string, amount: number): string {
  if (resource === 'cpu') return amount % 1000 === 0 ? String(amount / 1000) : `${amount}m`;
  if (resource !== 'memory' && resource !== 'ephemeral-storage' && !resource.startsWith('hugepages-')) return String(amount);
  let unit = 0;
  let rest = amount;
  while (unit < binaryUnits.length - 1 && rest >= 1024 && (rest % 1024 === 0 || rest >= 1024 * 1024)) {
    rest /= 1024;
    unit += 1;
  }
  return `${Number.isInteger(rest) ? rest : rest.toFixed(1)}${binaryUnits[unit]}`;
}

/** What is missing, resource by resource. */
function resources({ requests }: PodInfo, { allocatable, requested, pods }: NodeInfo): string[] {
  const lines: string[] = [];
  const room = allocatable['pods'] ?? 0;
  if (pods.size + 1 > room) lines.push(`runs ${pods.size} of ${room} pods: one of them has to go`);
  for (const [resource, wanted] of Object.entries(requests)) {
    const capacity = allocatable[resource] ?? 0;
    const taken = requested[resource] ?? 0;
    const free = Math.max(0, capacity - taken);
    if (wanted <= free) continue;
    const text = (amount: number): string => amountText(resource, amount);
    if (capacity === 0) lines.push(`has no ${resource} at all: ${text(wanted)} requested`);
    else if (wanted > capacity) lines.push(`is too small: ${text(wanted)} ${resource} requested, ${text(capacity)} allocatable even when empty`);
    else lines.push(`needs ${text(wanted - free)} more ${resource}: ${text(wanted)} requested, ${text(free)} free of ${text(capacity)} (${text(taken)} taken by ${pods.size} pods)`);
  }
  return lines;
}

const taintText = ({ key, value, effect }: Taint): string => `${key}${value === undefined || value === '' ? '' : `=${value}`}:${effect}`;

function taints({ pod }: PodInfo, { node }: NodeInfo): string[] {
  const untolerated = (node.spec?.taints ?? []).filter((taint) => (taint.effect === 'NoSchedule' || taint.effect === 'NoExecute') && !isTolerated(taint, pod.spec?.tolerations));
  return untolerated.map((taint) => (taint.key.startsWith('node.kubernetes.io/')
    ? `has the taint ${taintText(taint)}, which goes when the node is well again`
    : `tolerate the taint ${taintText(taint)}, or remove it: kubectl taint nodes ${node.metadata.name} ${taint.key}:${taint.effect}-`));
}

const requirementText = ({ key, operator, values = [] }: NodeSelectorRequirement): string => (values.length === 0 ? `${key} ${operator}` : `${key} ${operator} (${values.join(', ')})`);

function labels({ pod }: PodInfo, { node }: NodeInfo): string[] {
  const has = node.metadata.labels ?? {};
  const lines = Object.entries(pod.spec?.nodeSelector ?? {}).filter(([key, value]) => has[key] !== value)
    .map(([key, value]) => `label the node ${key}=${value}${has[key] === undefined ? '' : ` (it has ${key}=${has[key]})`}: kubectl label node ${node.metadata.name} ${key}=${value}${has[key] === undefined ? '' : ' --overwrite'}`);
  const terms = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  if (terms.length > 0 && !matchesRequiredAffinity({ ...pod, spec: { ...pod.spec!, nodeSelector: {} } }, node)) {
    lines.push(`node affinity asks for ${terms.map((term) => [...(term.matchExpressions ?? []), ...(term.matchFields ?? [])].map(requirementText).join(' and ')).join(', or for ')}`);
  }
  return lines;
}

function ports({ hostPorts }: PodInfo, { usedPorts, pods }: NodeInfo): string[] {
  const lines: string[] = [];
  for (const [uid, used] of usedPorts) {
    const clash = hostPorts.find((wanted) => used.some((one) => clashes(one, wanted)));
    if (clash !== undefined) lines.push(`host port ${clash.port}/${clash.protocol} is taken by pod ${pods.get(uid)?.key ?? uid}: choose another, or use a Service`);
  }
  return lines;
}

const termText = ({ topologyKey, labelSelector }: PodAffinityTerm): string => `${Object.entries(labelSelector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`).join(',') || 'its selector'} within ${topologyKey}`;

function affinity({ pod }: PodInfo): string[] {
  const { podAffinity, podAntiAffinity } = pod.spec?.affinity ?? {};
  return [
    ...(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map((term) => `wants to be near pods with ${termText(term)}`),
    ...(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map((term) => `must not be near pods with ${termText(term)}`),
  ];
}

function spread({ pod }: PodInfo, { node }: NodeInfo): string[] {
  return (pod.spec?.topologySpreadConstraints ?? []).filter(({ whenUnsatisfiable }) => whenUnsatisfiable === 'DoNotSchedule').map(({ topologyKey, maxSkew }) => (node.metadata.labels?.[topologyKey] === undefined
    ? `label the node with ${topologyKey}, over which the pod is to be spread`
    : `one more pod in ${topologyKey}=${node.metadata.labels[topologyKey]} would be more than ${maxSkew} ahead of the emptiest`));
}

/** By plug-in. */
const remedies: Readonly<Record<string, Remedy>> = {
  NodeResourcesFit: resources,
  TaintToleration: taints,
  NodeAffinity: labels,
  NodeUnschedulable: (_pod, { name }) => [`is cordoned: kubectl uncordon ${name}`],
  NodeName: ({ pod }) => [`the pod asks for the node ${pod.spec?.nodeName ?? ''} alone`],
  NodePorts: ports,
  InterPodAffinity: affinity,
  PodTopologySpread: spread,
};

/** What would have to change so that the plug-in lets the pod onto the node. */
export function remedyOf(plugin: string, pod: PodInfo, node: NodeInfo): string[] {
  return remedies[plugin]?.(pod, node) ?? [];
}
