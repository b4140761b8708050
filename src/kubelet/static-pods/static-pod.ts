import { decodeObject } from '../../api/codec/strict.ts';
import { decodeYaml } from '../../api/codec/yaml.ts';
import { applyPodDefaults } from '../../api/groups/core/pod-defaults.ts';
import { validatePodCreate } from '../../api/pod/validation/validate-pod.ts';
import { builtinSchema } from '../../api/schema/table.ts';
import type { Pod, Toleration } from '../../api/types/core/v1.ts';
import { sha256Hex } from '../../base/sha256.ts';
import { configHash, configSeen, configSource } from './annotations.ts';
import { apiReferenceOf } from './api-references.ts';

const noExecute: Toleration = { operator: 'Exists', effect: 'NoExecute' };
const toleratesAll = ({ operator, effect, key = '' }: Toleration): boolean => operator === 'Exists' && effect === 'NoExecute' && key === '';

/**
 * The pod that a manifest describes, made this node's: named after it, bound to it, and known by a uid that is the
 * manifest's own or comes from its contents. Throws an Error that says what is wrong, worded as upstream.
 */
export function decodeStaticPod(text: string, { path, nodeName, seenAt }: { readonly path: string; readonly nodeName: string; readonly seenAt: string }): Pod {
  const pod = decode(text, path);
  const { name = '', annotations, namespace = 'default', uid = '' } = pod.metadata;
  if (name === '') throw new Error('invalid pod: name is needed for the pod');
  const hash = uid === '' ? sha256Hex(`${JSON.stringify(pod)}host:${nodeName}file:${path}`).slice(0, 32) : uid;
  const { tolerations = [], containers = [] } = pod.spec ?? {};
  const own: Pod = {
    ...pod,
    metadata: {
      ...pod.metadata,
      name: `${name}-${nodeName.toLowerCase()}`, namespace, uid: hash,
      annotations: { ...annotations, [configHash]: hash, [configSeen]: seenAt, [configSource]: 'file' },
    },
    spec: { ...pod.spec, containers, nodeName, tolerations: tolerations.some(toleratesAll) ? tolerations : [...tolerations, noExecute] },
    status: { phase: 'Pending' },
  };
  const problems = validatePodCreate(own);
  if (problems.length > 0) throw new Error(`invalid pod: ${problems.map(({ field, message }) => `${field}: ${message}`).join(', ')}`);
  const reference = apiReferenceOf(own);
  if (reference !== undefined) throw new Error(`static pods may not reference ${reference}`);
  return own;
}

function decode(text: string, path: string): Pod {
  const refuse = (why: string): Error => new Error(`${path}: couldn't parse as pod(${why}), please check config file`);
  const { value } = decodeYaml(text);
  const { apiVersion, kind } = (typeof value === 'object' && value !== null ? value : {}) as { readonly apiVersion?: unknown; readonly kind?: unknown };
  const schema = apiVersion === 'v1' && kind === 'Pod' ? builtinSchema.kind('', 'v1', 'Pod') : undefined;
  if (schema === undefined) throw refuse(`invalid pod: kind ${JSON.stringify(kind ?? '')} of version ${JSON.stringify(apiVersion ?? '')}`);
  const { object, errors: [error] } = decodeObject(value, schema, { definition: (name) => builtinSchema.definition(name) });
  if (error !== undefined) throw refuse(error);
  const pod = object as unknown as Pod;
  pod.metadata ??= {};
  applyPodDefaults(pod);
  return pod;
}
