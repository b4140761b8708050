import type { ResourceSchema } from '../../api/schema/schema.ts';
import type { ForeignApis, ForeignVersion } from '../aggregation/foreign-apis.ts';
import { noForeignApis } from '../aggregation/foreign-apis.ts';
import type { AcceptedType } from './accept.ts';
import { accepts, parseAccept } from './accept.ts';
import type { ServedGroup } from './documents.ts';
import { apiGroup, apiGroupDiscoveryList, apiGroupList, apiResourceList, apiVersions, groupResources, withForeign } from './documents.ts';
import { contentHash } from './hash.ts';

/** A document that is encoded already. The bytes are shared between requests: do not change them. */
export interface EncodedDocument {
  readonly code: number;
  readonly contentType: string;
  readonly body: Uint8Array;
  /** With its quotes, as it stands in the header; a request whose If-None-Match equals it gets 304. Empty for errors. */
  readonly etag: string;
}

export interface DiscoveryOptions {
  /** Host and port that /api tells to clients. */
  readonly serverAddress?: string;
  /** What other servers serve. Default nothing. */
  readonly foreign?: ForeignApis;
}

const encoder = new TextEncoder();

/**
 * Serves /api, /apis and what is below them down to a group and version. A document is made and encoded when it is
 * first asked for, and kept until the list of resources changes.
 */
export class Discovery {
  readonly #resources: () => readonly ResourceSchema[];
  readonly #serverAddress: string;
  readonly #foreign: ForeignApis;
  #seen: readonly ResourceSchema[] = [];
  #seenForeign: readonly ForeignVersion[] = [];
  #groups: readonly ServedGroup[] = [];
  readonly #documents = new Map<string, EncodedDocument>();

  /** Asks `resources` at each request; that it answers an equal list again is what keeps the documents. */
  constructor(resources: () => readonly ResourceSchema[], options: DiscoveryOptions = {}) {
    this.#resources = resources;
    this.#foreign = options.foreign ?? noForeignApis;
    this.#serverAddress = options.serverAddress ?? '127.0.0.1:6443';
  }

  /** Undefined for a path that names no discovery document (a group or version that is not served among them). */
  respond(path: string, accept: string): EncodedDocument | undefined {
    this.#refresh();
    const plain = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
    const accepted = parseAccept(accept);
    if (plain === '/api' || plain === '/apis') {
      const aggregated = aggregatedVersion(accepted);
      if (aggregated !== undefined) {
        const groups = this.#groups.filter((group) => (group.group === '') === (plain === '/api'));
        return this.#document(`${plain} ${aggregated}`, `application/json;g=apidiscovery.k8s.io;v=${aggregated};as=APIGroupDiscoveryList`, () => apiGroupDiscoveryList(groups, aggregated));
      }
    }
    const make = this.#plainDocument(plain);
    if (make === undefined) return undefined;
    if (!accepted.some((entry) => accepts(entry, 'application/json') && !entry.parameters.has('as'))) return notAcceptable;
    return this.#document(plain, 'application/json', make);
  }

  #plainDocument(path: string): (() => object) | undefined {
    if (path === '/api') return () => apiVersions(this.#groups, this.#serverAddress);
    if (path === '/apis') return () => apiGroupList(this.#groups);
    const match = /^\/(?:api|apis\/([^/]+))(?:\/([^/]+))?$/.exec(path);
    if (match === null) return undefined;
    const group = this.#groups.find((served) => served.group === (match[1] ?? ''));
    if (group === undefined) return undefined;
    if (match[2] === undefined) return () => apiGroup(group);
    const version = group.versions.find((served) => served.version === match[2]);
    return version === undefined || version.foreign !== undefined ? undefined : () => apiResourceList(group.group, version);
  }

  #document(key: string, contentType: string, make: () => object): EncodedDocument {
    let document = this.#documents.get(key);
    if (document === undefined) {
      const body = encoder.encode(`${JSON.stringify(make())}\n`);
      this.#documents.set(key, (document = { code: 200, contentType, body, etag: `"${contentHash(body)}"` }));
    }
    return document;
  }

  #refresh(): void {
    const now = this.#resources();
    const { versions } = this.#foreign;
    if (sameList(now, this.#seen) && versions === this.#seenForeign) return;
    this.#seen = now;
    this.#seenForeign = versions;
    this.#groups = withForeign(groupResources(now), this.#foreign);
    this.#documents.clear();
  }
}

/** Equal element by element: a caller may make a new array of the same resources each time. */
export function sameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a === b || (a.length === b.length && a.every((element, at) => element === b[at]));
}

/** The version of aggregated discovery that the client likes best; undefined when it likes the plain documents better. */
function aggregatedVersion(accepted: readonly AcceptedType[]): 'v2' | 'v2beta1' | undefined {
  for (const entry of accepted) {
    if (!accepts(entry, 'application/json')) continue;
    if (!entry.parameters.has('as')) return undefined;
    const version = entry.parameters.get('v');
    if (entry.parameters.get('g') === 'apidiscovery.k8s.io' && entry.parameters.get('as') === 'APIGroupDiscoveryList' && (version === 'v2' || version === 'v2beta1')) return version;
  }
  return undefined;
}

/** 406 for a client that takes no JSON: discovery has no other encoding here. */
export const notAcceptable: EncodedDocument = {
  code: 406,
  contentType: 'application/json',
  body: encoder.encode(JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: 'only the following media types are accepted: application/json', reason: 'NotAcceptable', code: 406 })),
  etag: '',
};
