import { warningsForCidr } from '../../meta/ip.ts';
import type { Loose } from '../../meta/loose.ts';
import { nodes } from '../../resources.ts';
import type { Node } from '../../types/core/v1.ts';
import { ageColumn, column, nameColumn, orNone, orUnknown } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { keepAllButStatus, keepField } from '../strategy.ts';
import { roundQuantities } from './container-defaults.ts';
import { validateNode, validateNodeUpdate } from './node-validation.ts';

/** Fields of dynamic kubelet configuration, which is gone: they are dropped unless they stood before. */
function dropConfigSource(object: Node, old?: Node): void {
  if (object.spec !== undefined && old?.spec?.configSource === undefined) delete object.spec.configSource;
  if (object.status !== undefined && old?.status?.config === undefined) delete object.status.config;
}

/** Fills in what a node leaves out, in place. */
function applyNodeDefaults({ spec, status }: Loose<Node>): void {
  // The older podCIDR is the first of podCIDRs, whichever of the two was given.
  if (spec?.podCIDR !== undefined && spec.podCIDR !== '') {
    if (spec.podCIDRs?.[0] !== spec.podCIDR) spec.podCIDRs = [spec.podCIDR];
  } else if (spec?.podCIDRs?.[0] !== undefined) {
    spec.podCIDR = spec.podCIDRs[0];
  }
  if (status === undefined) return;
  if (status.allocatable === undefined && status.capacity !== undefined) status.allocatable = { ...status.capacity };
  roundQuantities(status.capacity);
  roundQuantities(status.allocatable);
}

function statusOf({ spec, status }: Node): string {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const parts = [ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'];
  if (spec?.unschedulable === true) parts.push('SchedulingDisabled');
  return parts.join(',');
}

const rolePrefix = 'node-role.kubernetes.io/';

function rolesOf({ metadata }: Node): string {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    if (key.startsWith(rolePrefix) && key.length > rolePrefix.length) roles.add(key.slice(rolePrefix.length));
    else if (key === 'kubernetes.io/role' && value !== '') roles.add(value);
  }
  return orNone([...roles].sort().join(','));
}

const addressOf = (node: Node, wanted: string): string => orNone(node.status?.addresses?.find(({ type }) => type === wanted)?.address);

/** Upstream shows the architecture beside the kernel, where it knows it. */
function kernelOf({ status }: Node): string {
  const { kernelVersion, architecture = '' } = status?.nodeInfo ?? {};
  return `${orUnknown(kernelVersion)}${architecture === '' ? '' : ` (${architecture})`}`;
}

function warnings({ spec }: Node): string[] {
  return [
    ...(spec?.configSource === undefined ? [] : ['spec.configSource: the feature is removed']),
    ...((spec?.externalID ?? '') === '' ? [] : ['spec.externalID: this field is deprecated, and is unused by Kubernetes']),
    ...(spec?.podCIDRs ?? []).flatMap((cidr, i) => warningsForCidr(`spec.podCIDRs[${i}]`, cidr)),
  ];
}

export const nodeDefinition: ResourceDefinition<Node> = {
  type: nodes,
  allowUnconditionalUpdate: true,
  applyDefaults: applyNodeDefaults,
  prepareForCreate: (object) => dropConfigSource(object),
  validate: validateNode,
  update: {
    prepareForUpdate(object, old) {
      keepField(object, old, 'status');
      dropConfigSource(object, old);
    },
    validateUpdate: (object, old) => [...validateNode(object), ...validateNodeUpdate(object, old)],
  },
  subresources: {
    status: {
      prepareForUpdate(object, old) {
        keepAllButStatus(object, old);
        dropConfigSource(object, old);
      },
      validateUpdate: validateNodeUpdate,
    },
  },
  warnings,
  columns: [
    nameColumn,
    column('Status', statusOf),
    column('Roles', rolesOf),
    ageColumn,
    column('Version', ({ status }) => status?.nodeInfo?.kubeletVersion ?? ''),
    column('Internal-IP', (node) => addressOf(node, 'InternalIP'), { wide: true }),
    column('External-IP', (node) => addressOf(node, 'ExternalIP'), { wide: true }),
    column('OS-Image', ({ status }) => orUnknown(status?.nodeInfo?.osImage), { wide: true }),
    column('Kernel-Version', kernelOf, { wide: true }),
    column('Container-Runtime', ({ status }) => orUnknown(status?.nodeInfo?.containerRuntimeVersion), { wide: true }),
  ],
  selectableFields: ({ spec }) => ({ 'spec.unschedulable': String(spec?.unschedulable ?? false) }),
};
