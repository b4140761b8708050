import { isMap } from '../../base/is-map.ts';
import { KubectlError } from '../errors.ts';
import type { FieldSpec, Place } from './field-spec.ts';
import { atField, read, write } from './field-spec.ts';
import type { ImageRule, Labels, ReplicaRule } from './kustomization.ts';
import { calledEver } from './resource-list.ts';
import { isOfKind, kindText } from './resource.ts';
import type { Transformer } from './transformer.ts';

/** Puts labels, or annotations, into fields that are maps of them. */
export function addEntries(entries: Labels, fields: readonly FieldSpec[]): Transformer {
  const set = (place: Place): void => {
    const map = read(place);
    if (map !== null && !isMap(map)) throw new KubectlError(`wrong Node Kind for ${String(place.key)} expected: MappingNode was ${Array.isArray(map) ? 'SequenceNode' : 'ScalarNode'}: value: {${typeof map === 'object' ? JSON.stringify(map) : String(map)}}`);
    write(place, { ...map, ...entries });
  };
  return (all) => {
    if (Object.keys(entries).length === 0) return;
    for (const { object } of all) for (const field of fields) atField(object, field, { made: 'map', set });
  };
}

/** How many of something there shall be. Throws where nothing is called so. */
export function setReplicas({ name = '', count = 0 }: ReplicaRule, fields: readonly FieldSpec[]): Transformer {
  return (all) => {
    let found = false;
    for (const field of fields) {
      for (const { object } of calledEver(all, (id) => id.name === name && isOfKind(id, field))) {
        found = true;
        atField(object, field, { made: 'scalar', set: (place) => write(place, count) });
      }
    }
    if (!found) throw new KubectlError(`resource with name ${name} does not match a config with the following GVK [${fields.map(kindText).join(' ')}]`);
  };
}

/** `registry:5000/name:tag@digest`: a colon before the first slash is a port's. */
function imageParts(image: string): { readonly name: string; readonly tag: string; readonly digest: string } {
  const slash = Math.max(image.indexOf('/'), 0);
  const at = image.indexOf('@', slash);
  const colon = image.indexOf(':', slash);
  if (at >= 0 && (colon < 0 || at < colon)) return { name: image.slice(0, at), tag: '', digest: image.slice(at + 1) };
  if (colon < 0) return { name: image, tag: '', digest: '' };
  return { name: image.slice(0, colon), tag: image.slice(colon + 1, at < 0 ? undefined : at), digest: at < 0 ? '' : image.slice(at + 1) };
}

function newImage(image: string, { newName = '', newTag = '', digest: newDigest = '', tagSuffix = '' }: ImageRule): string {
  const parts = imageParts(image);
  const name = newName === '' ? parts.name : newName;
  // A tag or a digest takes the place of both.
  const { tag, digest } = newTag !== '' || newDigest !== '' ? { tag: newTag, digest: newDigest } : tagSuffix === '' ? parts : { tag: parts.tag + tagSuffix, digest: '' };
  return `${name}${tag === '' ? '' : `:${tag}`}${digest === '' ? '' : `@${digest}`}`;
}

/** Calls `set` for the images of containers, wherever these stand. */
function inContainers(value: unknown, set: (place: Place) => void): void {
  if (Array.isArray(value)) return (value as unknown[]).forEach((item) => inContainers(item, set));
  if (!isMap(value)) return;
  for (const [key, child] of Object.entries(value)) {
    inContainers(child, set);
    if ((key === 'containers' || key === 'initContainers') && Array.isArray(child)) for (const container of child as unknown[]) if (isMap(container) && container['image'] !== undefined) set({ holder: container, key: 'image' });
  }
}

/** New names, tags or digests for images of a name, which is a regular expression. */
export function setImages(rule: ImageRule, fields: readonly FieldSpec[]): Transformer {
  const meant = new RegExp(`^${rule.name ?? ''}(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$`);
  const set = (place: Place): void => {
    const image = read(place);
    if (image !== null && typeof image === 'object') throw new KubectlError(`wrong Node Kind for  expected: ScalarNode was ${Array.isArray(image) ? 'SequenceNode' : 'MappingNode'}: value: {${JSON.stringify(image)}}`);
    if (meant.test(String(image))) write(place, newImage(String(image), rule));
  };
  return (all) => {
    for (const { object } of all) {
      if (object.kind === 'CustomResourceDefinition') continue;
      inContainers(object, set);
      for (const field of fields) atField(object, field, { set });
    }
  };
}
