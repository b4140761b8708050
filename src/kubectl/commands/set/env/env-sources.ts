import { milliValue, value as quantityValue } from '../../../../api/meta/quantity.ts';
import { qualifiedName } from '../../../../api/meta/validation.ts';
import { pathOf } from '../../../discovery/resource.ts';
import { KubectlError } from '../../../errors.ts';
import type { AnyObject } from '../../../resources/item.ts';
import type { Session } from '../../../session.ts';
import type { Container, EnvSource } from '../pod-spec.ts';

/** Where a value comes from, in words. */
export function sourceText({ configMapKeyRef, secretKeyRef, fieldRef, resourceFieldRef }: EnvSource): string {
  if (configMapKeyRef !== undefined) return `configmap ${configMapKeyRef.name ?? ''}, key ${configMapKeyRef.key}`;
  if (secretKeyRef !== undefined) return `secret ${secretKeyRef.name ?? ''}, key ${secretKeyRef.key}`;
  if (fieldRef !== undefined) return `field path ${fieldRef.fieldPath}`;
  if (resourceFieldRef !== undefined) return `resource field ${resourceFieldRef.containerName === undefined || resourceFieldRef.containerName === '' ? '' : `${resourceFieldRef.containerName}/`}${resourceFieldRef.resource}`;
  return 'invalid valueFrom';
}

/** Looks up what variables refer to; each object is read once. */
export class EnvResolver {
  readonly #session: Session;
  readonly #held = new Map<string, Promise<Readonly<Record<string, string>>>>();

  constructor(session: Session) {
    this.#session = session;
  }

  /** The value of a variable. Throws when there is none. */
  async valueOf(source: EnvSource, { object, container }: { readonly object: AnyObject; readonly container: Container }): Promise<string> {
    const { secretKeyRef, configMapKeyRef, fieldRef, resourceFieldRef } = source;
    if (secretKeyRef !== undefined) return this.#key('secrets', secretKeyRef, (text) => Buffer.from(text, 'base64').toString('utf8'));
    if (configMapKeyRef !== undefined) return this.#key('configmaps', configMapKeyRef, (text) => text);
    if (fieldRef !== undefined) return fieldValue(object, fieldRef.fieldPath);
    if (resourceFieldRef !== undefined) return resourceValue(resourceFieldRef, container);
    throw new KubectlError('invalid valueFrom');
  }

  async #key(resource: 'secrets' | 'configmaps', { name = '', key }: { readonly name?: string; readonly key: string }, decode: (text: string) => string): Promise<string> {
    const id = `${resource}/${name}`;
    let data = this.#held.get(id);
    if (data === undefined) {
      data = this.#read(resource, name);
      this.#held.set(id, data);
    }
    const text = (await data)[key];
    if (text === undefined) throw new KubectlError(`key ${key} not found in ${resource === 'secrets' ? 'secret' : 'config map'} ${name}`);
    return decode(text);
  }

  async #read(resource: string, name: string): Promise<Readonly<Record<string, string>>> {
    const { name: namespace } = await this.#session.namespace();
    const object = await (await this.#session.connection()).json<{ readonly data?: Readonly<Record<string, string>> }>({ method: 'GET', path: pathOf({ group: '', version: 'v1', resource, namespaced: true }, { namespace, name }) });
    return object.data ?? {};
  }
}

const lines = (map: Readonly<Record<string, string>> = {}): string => Object.keys(map).sort().map((key) => `${key}=${JSON.stringify(map[key])}`).join('\n');

function fieldValue({ metadata = {} }: AnyObject, path: string): string {
  const subscript = /^(.+)\['(.*)'\]$/.exec(path);
  if (subscript !== null) {
    const [, field, key = ''] = subscript;
    if (field !== 'metadata.annotations' && field !== 'metadata.labels') throw new KubectlError(`fieldPath ${JSON.stringify(path)} does not support subscript`);
    const wrong = qualifiedName(field === 'metadata.annotations' ? key.toLowerCase() : key);
    if (wrong.length > 0) throw new KubectlError(`invalid key subscript in ${path}: ${wrong.join(';')}`);
    return (field === 'metadata.annotations' ? metadata.annotations : metadata.labels)?.[key] ?? '';
  }
  switch (path) {
    case 'metadata.annotations': return lines(metadata.annotations);
    case 'metadata.labels': return lines(metadata.labels);
    case 'metadata.name': return metadata.name ?? '';
    case 'metadata.namespace': return metadata.namespace ?? '';
    case 'metadata.uid': return metadata.uid ?? '';
    default: throw new KubectlError(`unsupported fieldPath: ${path}`);
  }
}

function resourceValue({ resource, divisor = '0' }: { readonly resource: string; readonly divisor?: string }, { resources = {} }: Container): string {
  const [kind, ...rest] = resource.split('.');
  const name = rest.join('.');
  const known = name === 'cpu' || name === 'memory' || name === 'ephemeral-storage' || name.startsWith('hugepages-');
  if ((kind !== 'limits' && kind !== 'requests') || !known) throw new KubectlError(`Unsupported container resource : ${resource}`);
  const quantity = resources[kind]?.[name] ?? '0';
  const unit = milliValue(divisor) === 0 ? '1' : divisor;
  return String(Math.ceil(name === 'cpu' ? milliValue(quantity) / milliValue(unit) : quantityValue(quantity) / quantityValue(unit)));
}
