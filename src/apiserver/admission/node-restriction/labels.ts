/** Labels under Kubernetes' own names that a kubelet may set on its node. */
const kubeletLabels = new Set([
  'kubernetes.io/hostname', 'kubernetes.io/os', 'kubernetes.io/arch', 'beta.kubernetes.io/os', 'beta.kubernetes.io/arch',
  'topology.kubernetes.io/zone', 'topology.kubernetes.io/region', 'failure-domain.beta.kubernetes.io/zone', 'failure-domain.beta.kubernetes.io/region',
  'node.kubernetes.io/instance-type', 'beta.kubernetes.io/instance-type', 'node.kubernetes.io/windows-build',
]);

type Labels = Readonly<Record<string, string>>;

const within = (domain: string, parent: string): boolean => domain === parent || domain.endsWith(`.${parent}`);

/** The labels that differ between two sets and that a kubelet may not touch, sorted. */
export function forbiddenLabels(next: Labels = {}, previous: Labels = {}): string[] {
  const modified = [...new Set([...Object.keys(next), ...Object.keys(previous)])].filter((key) => next[key] !== previous[key]);
  return modified.filter((key) => {
    const slash = key.indexOf('/');
    const domain = slash < 0 ? '' : key.slice(0, slash);
    if (within(domain, 'node-restriction.kubernetes.io')) return true;
    if (!within(domain, 'kubernetes.io') && !within(domain, 'k8s.io')) return false;
    return !kubeletLabels.has(key) && !within(domain, 'kubelet.kubernetes.io') && !within(domain, 'node.kubernetes.io');
  }).sort();
}
