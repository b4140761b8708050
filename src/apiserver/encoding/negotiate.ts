import type { MetaVersion } from '../../api/codec/partial-metadata.ts';
import { ApiError } from '../../api/status.ts';
import type { AcceptClause } from './accept-header.ts';
import { parseAcceptHeader } from './accept-header.ts';
import type { Format } from './media-types.ts';
import { mediaTypes } from './media-types.ts';

/** What a client may ask to get instead of the object itself. */
export type Transform = 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';

/** How the objects of an answer are to be sent. */
export interface Negotiated {
  readonly format: Format;
  /** Undefined: as they are. */
  readonly as: Transform | undefined;
  /** Of `as`. */
  readonly version: MetaVersion;
  /** `;pretty=1`: indented. */
  readonly pretty: boolean;
  /** The client asked for protobuf first and gets JSON: its items are to say as little of themselves as they would there. */
  readonly insteadOfProtobuf: boolean;
}

export const plainJson: Negotiated = { format: 'json', as: undefined, version: 'v1', pretty: false, insteadOfProtobuf: false };

/**
 * What is answered, as far as it decides what may be asked for: a resource (`object`), a stream of its changes
 * (`watch`: no YAML), something that has no table (`plain`: reviews, bindings, evictions, tokens), or an error, which
 * always is a Status (`error`).
 */
export type Answered = 'object' | 'watch' | 'plain' | 'error';

/** Accept headers that are remembered; clients use few different ones. */
const maxKnown = 200;

const formats: readonly Format[] = ['json', 'yaml', 'protobuf', 'cbor'];

/** Reads Accept headers as upstream's negotiation does, for one server: CBOR is offered only where it was turned on. */
export class Negotiator {
  readonly #formats: readonly Format[];
  readonly #known = new Map<string, Negotiated | undefined>();
  /** Headers that name, by themselves, a media type that there is. */
  readonly #routed = new Map<string, boolean>();

  constructor({ cbor = false }: { readonly cbor?: boolean } = {}) {
    this.#formats = cbor ? formats : formats.filter((format) => format !== 'cbor');
  }

  /** Does the server read and write CBOR? */
  get cbor(): boolean {
    return this.#formats.includes('cbor');
  }

  /** Media types of single objects, in upstream's order. */
  get mediaTypes(): string[] {
    return this.#formats.map((format) => mediaTypes[format].name);
  }

  /** Media types of watches, in upstream's order. */
  get streamMediaTypes(): string[] {
    return this.#formats.flatMap((format) => mediaTypes[format].stream ?? []);
  }

  /**
   * How to answer a resource request. `list`: it is for a collection, which may be watched. Throws NotAcceptable, worded
   * as upstream words it: by its router for media types that do not exist at all, else by its negotiation.
   */
  negotiate(accept: string | undefined, answered: Exclude<Answered, 'error'>, { list = false }: { readonly list?: boolean } = {}): Negotiated {
    const found = this.find(accept, answered);
    if (found === plainJson) return found;
    if (!this.#isRouted(accept!)) {
      const types = list ? [...this.mediaTypes, ...this.streamMediaTypes] : this.mediaTypes;
      throw new ApiError('NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${types.join(', ')}`, { details: {} });
    }
    if (found === undefined) throw new ApiError('NotAcceptable', `only the following media types are accepted: ${(answered === 'watch' ? this.streamMediaTypes : this.mediaTypes).join(', ')}`);
    return found;
  }

  /** Upstream's router looks at bare media types, and knows one wildcard. */
  #isRouted(accept: string): boolean {
    let routed = this.#routed.get(accept);
    if (routed === undefined) {
      routed = accept.split(',').map((clause) => clause.split(';', 1)[0]!.trim()).some((type) => type === '*/*' || this.mediaTypes.includes(type));
      if (this.#routed.size < maxKnown) this.#routed.set(accept, routed);
    }
    return routed;
  }

  /** Undefined where the client takes nothing that there is. */
  find(accept: string | undefined, answered: Answered): Negotiated | undefined {
    if (accept === undefined || accept === '' || accept === '*/*' || accept === 'application/json') return plainJson;
    const key = `${answered} ${accept}`;
    let found = this.#known.get(key);
    if (found === undefined && !this.#known.has(key)) {
      found = this.#choose(accept, answered);
      if (this.#known.size < maxKnown) this.#known.set(key, found);
    }
    return found;
  }

  #choose(accept: string, answered: Answered): Negotiated | undefined {
    const accepted = parseAcceptHeader(accept).flatMap((clause) => this.#formats.flatMap((format) => accepts(clause, format, answered) ?? []));
    const [first] = accepted;
    if (first?.format !== 'protobuf') return first;
    // Objects are kept as JSON: whoever takes either gets JSON, and protobuf is made for those who take nothing else. See docs/decisions/0011.
    const json = accepted.find(({ format, as, version }) => format === 'json' && as === first.as && version === first.version);
    return json === undefined ? first : { ...json, insteadOfProtobuf: true };
  }
}

function accepts({ type, subtype, parameters }: AcceptClause, format: Format, answered: Answered): Negotiated | undefined {
  const media = mediaTypes[format];
  const matches = type === '*' ? subtype === '*' : type === 'application' && (subtype === '*' || subtype === media.subtype);
  if (!matches || (answered === 'watch' && media.stream === undefined)) return undefined;
  const stream = parameters.get('stream') ?? '';
  if (stream !== '' && (media.stream === undefined || stream !== 'watch')) return undefined;
  const serverVersion = parameters.get('sv') ?? '';
  if (serverVersion !== '' && (answered === 'error' || serverVersion !== 'v1')) return undefined;
  const pretty = parameters.get('pretty') === '1';
  const as = parameters.get('as');
  if (as === undefined && !parameters.has('g') && !parameters.has('v')) return { ...plainJson, format, pretty };
  if (answered === 'error' || !isTransform(as)) return undefined;
  const version = parameters.get('v');
  if (parameters.get('g') !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) return undefined;
  // Tables have no binary form upstream either.
  if (as === 'Table' && (answered === 'plain' || (format !== 'json' && format !== 'yaml'))) return undefined;
  return { format, as, version, pretty, insteadOfProtobuf: false };
}

function isTransform(as: string | undefined): as is Transform {
  return as === 'Table' || as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList';
}
