import type { ApiResource } from '../discovery/resource.ts';

/** Any object of the API, as it came. */
export interface AnyObject {
  apiVersion?: string;
  kind?: string;
  metadata?: AnyMetadata;
  [field: string]: unknown;
}

export interface AnyMetadata {
  name?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generateName?: string;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  [field: string]: unknown;
}

/** One thing that a command is about: an object of the server, of a file, or a list as it came from the server. */
export interface Item {
  /** Undefined with `--local` alone. */
  readonly resource: ApiResource | undefined;
  /** Empty for what has none. */
  namespace: string;
  readonly name: string;
  /** Undefined until it is fetched, where the command did not ask for that. */
  object: AnyObject | undefined;
  /** The file or URL it was read from; empty for what was named on the command line. */
  readonly source: string;
  readonly subresource: string;
}

/** A list of objects, which is not a Table. */
export const isList = (object: AnyObject): object is AnyObject & { items: AnyObject[] } => object.kind?.endsWith('List') === true && Array.isArray(object['items']);
export const isTable = (object: AnyObject): boolean => object.kind === 'Table' && object.apiVersion?.startsWith('meta.k8s.io/') === true;

/** `pod/web`, `deployment.apps/web`: how messages name an object. */
export function shownName(item: Pick<Item, 'resource' | 'object' | 'name'>): string {
  const kind = item.resource?.kind ?? item.object?.kind ?? '';
  const group = item.resource?.group ?? groupOf(item.object?.apiVersion);
  return `${kindName({ kind, group })}/${item.name}`;
}

/** `pod`, `deployment.apps`: a kind as messages and names have it. */
export const kindName = ({ kind, group }: { readonly kind: string; readonly group: string }): string => `${kind.toLowerCase()}${group === '' ? '' : `.${group}`}`;

/** The group of an apiVersion; empty for the core group. */
export function groupOf(apiVersion: string | undefined): string {
  return apiVersion?.includes('/') === true ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
}
