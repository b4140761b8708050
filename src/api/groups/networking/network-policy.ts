import type { FieldError } from '../../field-error.ts';
import { forbidden, invalid, required } from '../../field-error.ts';
import { isStrictSubnet, parseCidr, validateCidr, warningsForCidr } from '../../meta/ip.ts';
import { formatLabelSelector } from '../../meta/labels.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateLabelSelector } from '../../meta/object-meta.ts';
import { portName, portNumber } from '../../meta/validation.ts';
import { addInvalid, addOptionalEnum } from '../../pod/validation/rules.ts';
import { networkpolicies } from '../../resources.ts';
import type { LabelSelector } from '../../types/meta/v1.ts';
import type { IPBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../../types/networking/v1.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules } from '../strategy.ts';

type Errors = FieldError[];
type Spec = Loose<NonNullable<NetworkPolicy['spec']>>;

const portProtocols = ['TCP', 'UDP', 'SCTP'];
const policyTypes = ['Ingress', 'Egress'];

/** What stood in the old policy before these rules did is let be. */
interface Options {
  readonly allowInvalidValues: boolean;
  readonly validOld: readonly string[];
}

function addPort(errors: Errors, path: string, { protocol, port, endPort }: Loose<NetworkPolicyPort>): void {
  addOptionalEnum(errors, `${path}.protocol`, protocol, portProtocols);
  if (typeof port === 'number') {
    addInvalid(errors, `${path}.port`, port, portNumber(port));
    if (endPort === undefined) return;
    if (endPort < port) errors.push(invalid(`${path}.endPort`, endPort, 'must be greater than or equal to `port`'));
    addInvalid(errors, `${path}.endPort`, endPort, portNumber(endPort));
    return;
  }
  if (endPort !== undefined) errors.push(invalid(`${path}.endPort`, endPort, port === undefined ? 'may not be specified when `port` is not specified' : 'may not be specified when `port` is non-numeric'));
  if (port !== undefined) addInvalid(errors, `${path}.port`, port, portName(port));
}

function addIpBlock(errors: Errors, path: string, { cidr = '', except = [] }: Loose<IPBlock>, { validOld }: Options): void {
  if (cidr === '') return void errors.push(required(`${path}.cidr`));
  errors.push(...validateCidr(`${path}.cidr`, cidr, validOld));
  const outer = parseCidr(cidr);
  if (outer === undefined) return;
  except.forEach((one, i) => {
    errors.push(...validateCidr(`${path}.except[${i}]`, one, validOld));
    const inner = parseCidr(one);
    if (inner !== undefined && !isStrictSubnet(outer, inner)) errors.push(invalid(`${path}.except[${i}]`, one, 'must be a strict subset of `cidr`'));
  });
}

function addPeer(errors: Errors, path: string, { podSelector, namespaceSelector, ipBlock }: Loose<NetworkPolicyPeer>, options: Options): void {
  errors.push(...validateLabelSelector(podSelector as LabelSelector | undefined, `${path}.podSelector`, options));
  errors.push(...validateLabelSelector(namespaceSelector as LabelSelector | undefined, `${path}.namespaceSelector`, options));
  if (ipBlock !== undefined) addIpBlock(errors, `${path}.ipBlock`, ipBlock, options);
  const selects = podSelector !== undefined || namespaceSelector !== undefined;
  if (!selects && ipBlock === undefined) errors.push(required(path, 'must specify a peer'));
  else if (selects && ipBlock !== undefined) errors.push(forbidden(path, 'may not specify both ipBlock and another peer'));
}

function validateSpec(spec: Spec, options: Options): FieldError[] {
  const errors = validateLabelSelector(spec.podSelector as LabelSelector | undefined, 'spec.podSelector', options);
  spec.ingress?.forEach(({ ports, from }, i) => {
    ports?.forEach((port, j) => addPort(errors, `spec.ingress[${i}].ports[${j}]`, port));
    from?.forEach((peer, j) => addPeer(errors, `spec.ingress[${i}].from[${j}]`, peer, options));
  });
  spec.egress?.forEach(({ ports, to }, i) => {
    ports?.forEach((port, j) => addPort(errors, `spec.egress[${i}].ports[${j}]`, port));
    to?.forEach((peer, j) => addPeer(errors, `spec.egress[${i}].to[${j}]`, peer, options));
  });
  const types = spec.policyTypes ?? [];
  if (types.length > policyTypes.length) errors.push(invalid('spec.policyTypes', types, 'may not specify more than two policyTypes'));
  else types.forEach((type, i) => addOptionalEnum(errors, `spec.policyTypes[${i}]`, type, policyTypes));
  return errors;
}

/** Every block of addresses of a policy, with its path. */
function blocksOf(spec: Spec | undefined): (readonly [path: string, block: Loose<IPBlock>])[] {
  const of = (peers: readonly Loose<NetworkPolicyPeer>[] | undefined, path: string): (readonly [string, Loose<IPBlock>])[] =>
    (peers ?? []).flatMap(({ ipBlock }, i) => (ipBlock === undefined ? [] : [[`${path}[${i}].ipBlock`, ipBlock] as const]));
  return [
    ...(spec?.ingress ?? []).flatMap(({ from }, i) => of(from, `spec.ingress[${i}].from`)),
    ...(spec?.egress ?? []).flatMap(({ to }, i) => of(to, `spec.egress[${i}].to`)),
  ];
}

function optionsFor(old: NetworkPolicy): Options {
  return {
    allowInvalidValues: validateLabelSelector(old.spec?.podSelector, 'spec').length > 0,
    validOld: blocksOf(old.spec).flatMap(([, { cidr = '', except = [] }]) => [cidr, ...except]),
  };
}

function warningsOf({ spec }: NetworkPolicy): string[] {
  return blocksOf(spec).flatMap(([path, { cidr = '', except = [] }]) => [...warningsForCidr(`${path}.cidr`, cidr), ...except.flatMap((one, i) => warningsForCidr(`${path}.except[${i}]`, one))]);
}

const rules = standardRules<NetworkPolicy>({ status: false, generation: true });

/** Which pods may talk to which. */
export const networkPolicyDefinition: ResourceDefinition<NetworkPolicy> = {
  type: networkpolicies,
  allowUnconditionalUpdate: true,
  applyDefaults({ spec }) {
    if (spec === undefined) return;
    for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) for (const port of rule.ports ?? []) port.protocol ??= 'TCP';
    if ((spec.policyTypes ?? []).length === 0) spec.policyTypes = (spec.egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
  },
  prepareForCreate: rules.prepareForCreate,
  validate: ({ spec = {} }) => validateSpec(spec, { allowInvalidValues: false, validOld: [] }),
  update: { ...rules.update, validateUpdate: ({ spec = {} }, old) => validateSpec(spec, optionsFor(old)) },
  warnings: warningsOf,
  columns: [nameColumn, column('Pod-Selector', ({ spec }) => formatLabelSelector(spec?.podSelector ?? {})), ageColumn],
};
