import { namespaceOf } from '../../api/meta/object.ts';
import type { ConfigMap, Container, EnvVar, Pod, Secret, Service } from '../../api/types/core/v1.ts';
import { specOf } from '../pods/pod-spec.ts';
import { envFileValue } from './env-file.ts';
import { expand } from './expansion.ts';
import type { PodFacts } from './references.ts';
import { fieldValue, resourceValue } from './references.ts';
import { serviceVariables } from './service-variables.ts';

/** Why a container cannot be configured; becomes CreateContainerConfigError. */
export class ContainerConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ContainerConfigError';
  }
}

export interface EnvironmentSources {
  /** Undefined when there is none of that name. */
  configMap(namespace: string, name: string): Promise<ConfigMap | undefined>;
  secret(namespace: string, name: string): Promise<Secret | undefined>;
  /** All services of a namespace. */
  services(namespace: string): readonly Service[];
  /** The text of a file in one of the pod's volumes. Rejects where there is none, or no such volume. */
  volumeFile(volumeName: string, path: string): Promise<string>;
  readonly facts: PodFacts;
}

/**
 * All variables of a container, as the runtime gets them, with a function that expands `$(NAME)` in its command and
 * arguments. Rejects with ContainerConfigError.
 */
export async function environmentOf(pod: Pod, container: Container, sources: EnvironmentSources): Promise<Map<string, string>> {
  const namespace = namespaceOf(pod);
  const services = visibleServices(pod, sources);
  const own = new Map<string, string>();
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    if (configMapRef !== undefined) {
      const configMap = await sources.configMap(namespace, configMapRef.name ?? '');
      if (configMap === undefined && configMapRef.optional !== true) throw new ContainerConfigError(`configmap ${JSON.stringify(configMapRef.name ?? '')} not found`);
      for (const [key, text] of Object.entries(configMap?.data ?? {})) own.set(prefix + key, text);
    }
    if (secretRef !== undefined) {
      const secret = await sources.secret(namespace, secretRef.name ?? '');
      if (secret === undefined && secretRef.optional !== true) throw new ContainerConfigError(`secret ${JSON.stringify(secretRef.name ?? '')} not found`);
      for (const [key, encoded] of Object.entries(secret?.data ?? {})) own.set(prefix + key, decode(encoded));
    }
  }
  for (const variable of container.env ?? []) {
    const text = variable.valueFrom === undefined
      ? expand(variable.value ?? '', (name) => own.get(name) ?? services.get(name))
      : await valueFrom(pod, container, variable, sources);
    if (text !== undefined) own.set(variable.name, text);
  }
  for (const [name, text] of services) if (!own.has(name)) own.set(name, text);
  return own;
}

function visibleServices(pod: Pod, sources: EnvironmentSources): Map<string, string> {
  const namespace = namespaceOf(pod);
  // The API itself is always visible, whatever enableServiceLinks says.
  const api = sources.services('default').filter((service) => service.metadata.name === 'kubernetes');
  const linked = specOf(pod).enableServiceLinks === false ? [] : sources.services(namespace);
  return serviceVariables([...linked, ...api.filter((service) => namespace !== 'default' || !linked.includes(service))]);
}

async function valueFrom(pod: Pod, container: Container, variable: EnvVar, sources: EnvironmentSources): Promise<string | undefined> {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = variable.valueFrom ?? {};
  const namespace = namespaceOf(pod);
  if (fieldRef !== undefined) return configured(() => fieldValue(pod, fieldRef.fieldPath, sources.facts));
  if (resourceFieldRef !== undefined) return configured(() => resourceValue(pod, resourceFieldRef, container, sources.facts));
  if (configMapKeyRef !== undefined) {
    const { name = '', key, optional = false } = configMapKeyRef;
    const configMap = await sources.configMap(namespace, name);
    const text = configMap?.data?.[key];
    if (text !== undefined || optional) return text;
    throw new ContainerConfigError(configMap === undefined ? `configmap ${JSON.stringify(name)} not found` : `couldn't find key ${key} in ConfigMap ${namespace}/${name}`);
  }
  if (secretKeyRef !== undefined) {
    const { name = '', key, optional = false } = secretKeyRef;
    const secret = await sources.secret(namespace, name);
    const encoded = secret?.data?.[key];
    if (encoded !== undefined) return decode(encoded);
    if (optional) return undefined;
    throw new ContainerConfigError(secret === undefined ? `secret ${JSON.stringify(name)} not found` : `couldn't find key ${key} in Secret ${namespace}/${name}`);
  }
  if (fileKeyRef !== undefined) {
    const { volumeName, path, key, optional = false } = fileKeyRef;
    const file = await sources.volumeFile(volumeName, path);
    let text: string;
    try {
      text = envFileValue(file, key);
    } catch {
      // What exactly is wrong could show what else is in the file.
      throw new ContainerConfigError("couldn't parse env file");
    }
    if (text !== '') return text;
    if (optional) return undefined;
    throw new ContainerConfigError(`environment variable key ${JSON.stringify(key)} not found in file ${JSON.stringify(path)}`);
  }
  throw new ContainerConfigError(`not supported: the source of environment variable ${JSON.stringify(variable.name)}`);
}

function configured(read: () => string): string {
  try {
    return read();
  } catch (error) {
    throw new ContainerConfigError((error as Error).message);
  }
}

function decode(encoded: string): string {
  return Buffer.from(encoded, 'base64').toString('utf8');
}
