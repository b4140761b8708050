import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createErrors, withContainer } from './fixtures.ts';

type Row = readonly [name: string, spec: Record<string, unknown>, ...errors: string[]];

function table(rows: readonly Row[]): void {
  for (const [name, spec, ...errors] of rows) test(name, () => assert.deepEqual(createErrors(spec).map(short), errors));
}

/** Long explanations of formats are tested where the formats are. */
function short(text: string): string {
  return text.replace(/(must consist of|should consist of|must match).*$/s, '…').replace(/: (a lowercase RFC 1123 (label|subdomain)|name part(?! must be non-empty)|a valid label) .*$/s, ': $1 …');
}

const label = 'a lowercase RFC 1123 label …';
const subdomain = 'a lowercase RFC 1123 subdomain …';
const id = 'must be between 0 and 2147483647, inclusive';

table([
  ['restart policy', { restartPolicy: 'x' }, 'spec.restartPolicy: Unsupported value: "x": supported values: "Always", "OnFailure", "Never"'],
  ['DNS policy', { dnsPolicy: 'x' }, 'spec.dnsPolicy: Unsupported value: "x": supported values: "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"'],
  ['DNS: None without configuration', { dnsPolicy: 'None' }, 'spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None'],
  ['DNS: None without name servers', { dnsPolicy: 'None', dnsConfig: {} }, 'spec.dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when `dnsPolicy` is None'],
  ['DNS: name servers', { dnsConfig: { nameservers: ['1.1.1.1', 'x', '2.2.2.2', '3.3.3.3'] } }, 'spec.dnsConfig.nameservers: Invalid value: ["1.1.1.1","x","2.2.2.2","3.3.3.3"]: must not have more than 3 nameservers', 'spec.dnsConfig.nameservers[1]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
  ['DNS: search paths and options', { dnsConfig: { searches: ['a_b.c.', '.', 'A'], options: [{}] } }, `spec.dnsConfig.searches[2]: Invalid value: "A": ${subdomain}`, 'spec.dnsConfig.options[0]: Required value: must not be empty'],
  ['names', { serviceAccountName: 'A', nodeName: 'A', hostname: 'A', subdomain: 'a.b', priorityClassName: 'A', runtimeClassName: 'A' },
    `spec.serviceAccountName: Invalid value: "A": ${subdomain}`, `spec.nodeName: Invalid value: "A": ${subdomain}`, `spec.hostname: Invalid value: "A": ${label}`, 'spec.subdomain: Invalid value: "a.b": must not contain dots', `spec.priorityClassName: Invalid value: "A": ${subdomain}`, `spec.runtimeClassName: Invalid value: "A": ${subdomain}`],
  ['hostname override', { hostnameOverride: `${'a'.repeat(40)}.${'b'.repeat(40)}`, setHostnameAsFQDN: true, hostNetwork: true },
    `spec.hostnameOverride: Invalid value: "${'a'.repeat(40)}.${'b'.repeat(40)}": must be no more than 64 characters`, 'spec.setHostnameAsFQDN: Forbidden: may not be specified when `hostnameOverride` is specified', 'spec.hostNetwork: Forbidden: may not be specified when `hostnameOverride` is specified'],
  ['deadline', { activeDeadlineSeconds: 0 }, 'spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive'],
  ['host aliases', { hostAliases: [{ ip: '1.2.3', hostnames: ['A'] }] }, 'spec.hostAliases[0].ip: Invalid value: "1.2.3": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)', `spec.hostAliases[0].hostnames[0]: Invalid value: "A": ${subdomain}`],
  ['preemption', { preemptionPolicy: 'x' }, 'spec.preemptionPolicy: Unsupported value: "x": supported values: "PreemptLowerPriority", "Never"'],
  ['node selector', { nodeSelector: { 'a b': 'c' } }, 'spec.nodeSelector: Invalid value: "a b": name part …'],
  ['resource claims', { resourceClaims: [{}, { name: 'a', resourceClaimName: 'b', resourceClaimTemplateName: 'c' }, { name: 'a', resourceClaimName: 'A' }] },
    'spec.resourceClaims[0].name: Required value', 'spec.resourceClaims[0]: Invalid value: {}: must specify one of: `resourceClaimName`, `resourceClaimTemplateName`',
    'spec.resourceClaims[1]: Invalid value: {"name":"a","resourceClaimName":"b","resourceClaimTemplateName":"c"}: at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified',
    'spec.resourceClaims[2].name: Duplicate value: "a"', `spec.resourceClaims[2].resourceClaimName: Invalid value: "A": ${subdomain}`],
  ['user namespaces', { hostUsers: false, hostNetwork: true, hostPID: true, hostIPC: true }, ...['hostNetwork', 'HostPID', 'HostIPC'].map((field) => `spec.${field}: Forbidden: when \`pod.Spec.HostUsers\` is false`)],
  ['gates keep a pod from nodes', { nodeName: 'n', schedulingGates: [{ name: 'a' }] }, 'spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared'],
  ['gates', { schedulingGates: [{ name: 'a' }, { name: 'a' }, {}], readinessGates: [{ conditionType: 'a b' }] }, 'spec.readinessGates[0].conditionType: Invalid value: "a b": name part …', 'spec.schedulingGates[1]: Duplicate value: "a"', 'spec.schedulingGates[2]: Invalid value: "": name part must be non-empty', 'spec.schedulingGates[2]: Invalid value: "": name part …'],
]);

table([
  ['tolerations', { tolerations: [{}, { key: 'a', operator: 'Exists', value: 'b' }, { key: 'a', operator: 'x' }, { key: 'a', effect: 'x' }, { key: 'a', tolerationSeconds: 1, effect: 'NoSchedule' }, { key: 'a', value: 'b c' }] },
    'spec.tolerations[0].operator: Invalid value: "": operator must be Exists when `key` is empty, which means "match all values and all keys"', "spec.tolerations[1].operator: Invalid value: \"b\": value must be empty when `operator` is 'Exists'",
    'spec.tolerations[2].operator: Unsupported value: "x": supported values: "Equal", "Exists"', 'spec.tolerations[3].effect: Unsupported value: "x": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
    "spec.tolerations[4].effect: Invalid value: \"NoSchedule\": effect must be 'NoExecute' when `tolerationSeconds` is set", 'spec.tolerations[5].operator: Invalid value: "b c": a valid label …'],
  ['spread', { topologySpreadConstraints: [{ maxSkew: 0, topologyKey: '', whenUnsatisfiable: 'x', minDomains: 0, nodeAffinityPolicy: 'x', nodeTaintsPolicy: 'x', matchLabelKeys: ['a'] }] },
    'spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero', 'spec.topologySpreadConstraints[0].topologyKey: Required value: can not be empty', 'spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "x": supported values: "DoNotSchedule", "ScheduleAnyway"',
    'spec.topologySpreadConstraints[0].minDomains: Invalid value: 0: must be greater than zero', 'spec.topologySpreadConstraints[0].minDomains: Invalid value: 0: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not x',
    ...['nodeAffinityPolicy', 'nodeTaintsPolicy'].map((field) => `spec.topologySpreadConstraints[0].${field}: Unsupported value: "x": supported values: "Honor", "Ignore"`), 'spec.topologySpreadConstraints[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set'],
  ['spread, twice', { topologySpreadConstraints: [1, 2].map((maxSkew) => ({ maxSkew, topologyKey: 'a', whenUnsatisfiable: 'DoNotSchedule' })) }, 'spec.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: Duplicate value: "{a, DoNotSchedule}"'],
  ['spread by a key that the selector has', { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'a', whenUnsatisfiable: 'DoNotSchedule', matchLabelKeys: ['k'], labelSelector: { matchLabels: { k: 'v' }, matchExpressions: [{ key: 'k', operator: 'In', values: ['v'] }] } }] }, 'spec.topologySpreadConstraints[0].matchLabelKeys[0]: Invalid value: "k": exists in both matchLabelKeys and labelSelector'],
  ['node affinity', { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: {}, preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 101, preference: { matchExpressions: [{ key: 'a', operator: 'x' }, { key: 'a', operator: 'In' }, { key: 'a', operator: 'Exists', values: ['b'] }, { key: 'a', operator: 'Gt' }], matchFields: [{ key: 'a', operator: 'Exists' }, { key: 'metadata.name', operator: 'In' }] } }] } } },
    'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term',
    ...['.weight: Invalid value: 101: must be in the range 1-100', '.preference.matchExpressions[0].operator: Invalid value: "x": not a valid selector operator', ".preference.matchExpressions[1].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
      ".preference.matchExpressions[2].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'", ".preference.matchExpressions[3].values: Required value: must be specified single value when `operator` is 'Lt' or 'Gt'",
      '.preference.matchFields[0].operator: Invalid value: "Exists": not a valid selector operator', '.preference.matchFields[0].key: Invalid value: "a": not a valid field selector key', ".preference.matchFields[1].values: Required value: must be only one value when `operator` is 'In' or 'NotIn' for node field selector"]
      .map((text) => `spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0]${text}`)],
  ['pod affinity', { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: '', namespaces: ['A'], matchLabelKeys: ['k'] }] }, podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 0, podAffinityTerm: { topologyKey: 'a', labelSelector: {}, matchLabelKeys: ['k'], mismatchLabelKeys: ['k'] } }] } } },
    ...[`.namespace: Invalid value: "A": ${label}`, '.matchLabelKeys: Forbidden: must not be specified when labelSelector is not set', '.topologyKey: Required value: can not be empty', '.topologyKey: Invalid value: "": name part must be non-empty', '.topologyKey: Invalid value: "": name part …'].map((text) => `spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0]${text}`),
    'spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 0: must be in the range 1-100',
    'spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.matchLabelKeys[0]: Invalid value: "k": exists in both matchLabelKeys and mismatchLabelKeys'],
]);

const pod = (securityContext: object, more: object = {}): Record<string, unknown> => ({ securityContext, ...more });
const container = (securityContext: object): Record<string, unknown> => withContainer({ securityContext });

table([
  ['ids', pod({ fsGroup: -1, runAsUser: -1, runAsGroup: 2147483648, supplementalGroups: [-1] }), `spec.securityContext.fsGroup: Invalid value: -1: ${id}`, `spec.securityContext.runAsUser: Invalid value: -1: ${id}`, `spec.securityContext.runAsGroup: Invalid value: 2147483648: ${id}`, `spec.securityContext.supplementalGroups[0]: Invalid value: -1: ${id}`],
  ['ids of a container', container({ runAsUser: -1, runAsGroup: -1 }), ...['runAsUser', 'runAsGroup'].map((field) => `spec.containers[0].securityContext.${field}: Invalid value: -1: ${id}`)],
  ['processes of the host', pod({}, { hostPID: true, shareProcessNamespace: true }), 'spec.securityContext.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled'],
  ['sysctls', pod({ sysctls: [{}, { name: 'A' }, { name: 'a.b' }, { name: 'a.b' }] }), 'spec.securityContext.sysctls[0].name: Required value', 'spec.securityContext.sysctls[1].name: Invalid value: "A": must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$', 'spec.securityContext.sysctls[3].name: Duplicate value: "a.b"'],
  ['sysctls of the host', pod({ sysctls: [{ name: 'net.a' }, { name: 'kernel/shm_rmid' }] }, { hostNetwork: true, hostIPC: true }), "spec.securityContext.sysctls[0].name: Invalid value: \"net.a\": may not be specified when 'hostNetwork' is true", "spec.securityContext.sysctls[1].name: Invalid value: \"kernel/shm_rmid\": may not be specified when 'hostIPC' is true"],
  ['policies', pod({ fsGroupChangePolicy: 'x', supplementalGroupsPolicy: 'x', seLinuxChangePolicy: 'x' }), 'spec.securityContext.fsGroupChangePolicy: Unsupported value: "x": supported values: "Always", "OnRootMismatch"', 'spec.securityContext.supplementalGroupsPolicy: Unsupported value: "x": supported values: "Merge", "Strict"', 'spec.securityContext.seLinuxChangePolicy: Unsupported value: "x": supported values: "MountOption", "Recursive"'],
  ['seccomp', pod({ seccompProfile: {} }), 'spec.securityContext.seccompProfile.type: Required value: type is required when seccompProfile is set'],
  ['seccomp: types', pod({ seccompProfile: { type: 'x', localhostProfile: 'a' } }), 'spec.securityContext.seccompProfile.type: Unsupported value: "x": supported values: "Localhost", "RuntimeDefault", "Unconfined"', 'spec.securityContext.seccompProfile.localhostProfile: Invalid value: {"type":"x","localhostProfile":"a"}: can only be set when seccomp type is Localhost'],
  ['seccomp: files', container({ seccompProfile: { type: 'Localhost' } }), 'spec.containers[0].securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost'],
  ['AppArmor', pod({ appArmorProfile: {} }), 'spec.securityContext.appArmorProfile.type: Required value: type is required when appArmorProfile is set'],
  ['AppArmor: types', container({ appArmorProfile: { type: 'x' } }), 'spec.containers[0].securityContext.appArmorProfile.type: Unsupported value: "x": supported values: "Localhost", "RuntimeDefault", "Unconfined"'],
  ['AppArmor: profiles', pod({ appArmorProfile: { type: 'Localhost', localhostProfile: ' a' } }), 'spec.securityContext.appArmorProfile.localhostProfile: Invalid value: " a": must not be padded with whitespace'],
  ['AppArmor: a profile too many', pod({ appArmorProfile: { type: 'Unconfined', localhostProfile: 'a' } }), 'spec.securityContext.appArmorProfile.localhostProfile: Invalid value: "a": can only be set when AppArmor type is Localhost'],
  ['escalation', container({ allowPrivilegeEscalation: false, privileged: true, capabilities: { add: ['CAP_SYS_ADMIN'] } }),
    ...['`privileged` to true', '`capabilities.Add` CAP_SYS_ADMIN'].map((text) => `spec.containers[0].securityContext: Invalid value: {"allowPrivilegeEscalation":false,"privileged":true,"capabilities":{"add":["CAP_SYS_ADMIN"]}}: cannot set \`allowPrivilegeEscalation\` to false and ${text}`)],
  ['proc', container({ procMount: 'Unmasked' }), 'spec.containers[0].securityContext.procMount: Invalid value: "Unmasked": `hostUsers` must be false to use `Unmasked`'],
  ['Windows: users', container({ windowsOptions: { runAsUserName: 'a\\b\\c', gmsaCredentialSpec: '', gmsaCredentialSpecName: 'A' } }), `spec.containers[0].securityContext.windowsOptions.gmsaCredentialSpecName: Invalid value: "A": ${subdomain}`, 'spec.containers[0].securityContext.windowsOptions.gmsaCredentialSpec: Invalid value: "": gmsaCredentialSpec cannot be an empty string', 'spec.containers[0].securityContext.windowsOptions.runAsUserName: Invalid value: "a\\\\b\\\\c": runAsUserName cannot contain more than one backslash'],
  ['Windows: user names', pod({ windowsOptions: { runAsUserName: '.a\\..' } }), 'spec.securityContext.windowsOptions.runAsUserName: Invalid value: ".a\\\\..": runAsUserName\'s Domain doesn\'t match the NetBios nor the DNS format', "spec.securityContext.windowsOptions.runAsUserName: Invalid value: \".a\\\\..\": runAsUserName's User cannot contain only periods or spaces"],
  ['Windows: processes of the host', { ...pod({ windowsOptions: { hostProcess: true } }), ...container({ windowsOptions: { hostProcess: false } }) }, 'spec.containers[0].securityContext.windowsOptions.hostProcess: Invalid value: false: pod hostProcess value must be identical if both are specified, was true'],
  ['Windows: processes of the host need its network', pod({ windowsOptions: { hostProcess: true } }), 'spec.hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any hostProcess containers'],
  ['an unknown system', { os: { name: 'plan9' } }, 'spec.os: Unsupported value: "plan9": supported values: "linux", "windows"'],
  ['Linux has no Windows options', { os: { name: 'linux' }, ...pod({ windowsOptions: {} }), ...container({ windowsOptions: {} }) }, 'spec.securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod', 'spec.containers[0].securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod'],
  ['Windows has no users by number', { os: { name: 'windows' }, hostPID: true, ...pod({ runAsUser: 1 }), ...container({ privileged: false }) }, 'spec.securityContext.runAsUser: Forbidden: cannot be set for a windows pod', 'spec.hostPID: Forbidden: cannot be set for a windows pod', 'spec.containers[0].securityContext.privileged: Forbidden: cannot be set for a windows pod'],
]);

test('annotations that Kubernetes reads', () => {
  const errors = (annotations: Record<string, string>, spec: Record<string, unknown> = {}): string[] => createErrors(spec, { annotations });
  assert.deepEqual(errors({ 'kubernetes.io/config.mirror': 'x' }), ['metadata.annotations[kubernetes.io/config.mirror]: Invalid value: "x": must set spec.nodeName if mirror pod annotation is set']);
  assert.deepEqual(errors({ 'controller.kubernetes.io/pod-deletion-cost': '+1' }), ['metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "+1": must be a 32bit integer']);
  assert.deepEqual(errors({ 'seccomp.security.alpha.kubernetes.io/pod': 'x' }), ['metadata.annotations.seccomp.security.alpha.kubernetes.io/pod: Invalid value: "x": must be a valid seccomp profile']);
  assert.deepEqual(errors({ 'container.apparmor.security.beta.kubernetes.io/z': 'x' }), [
    'metadata.annotations[container.apparmor.security.beta.kubernetes.io/z]: Invalid value: "z": container not found', 'metadata.annotations[container.apparmor.security.beta.kubernetes.io/z]: Invalid value: "x": invalid AppArmor profile name: "x"']);
  assert.deepEqual(errors({ 'seccomp.security.alpha.kubernetes.io/pod': 'unconfined' }, { securityContext: { seccompProfile: { type: 'RuntimeDefault' } } }), ['spec.securityContext.seccompProfile.type: Forbidden: seccomp type in annotation and field must match']);
  assert.deepEqual(errors({ 'container.apparmor.security.beta.kubernetes.io/c': 'localhost/a' }, { securityContext: { appArmorProfile: { type: 'Localhost', localhostProfile: 'b' } } }), ['spec.containers[0].securityContext.appArmorProfile.localhostProfile: Forbidden: apparmor profile in annotation and field must match']);
});
