import type { MetaVersion } from '../../api/codec/partial-metadata.ts';
import { ApiError } from '../../api/status.ts';

/** How the objects of an answer are to be sent. */
export interface Negotiated {
  readonly format: 'json' | 'yaml' | 'protobuf';
  /** Undefined: as they are. */
  readonly as: 'Table' | 'PartialObjectMetadata' | undefined;
  /** Of Table and PartialObjectMetadata. */
  readonly version: MetaVersion;
}

export const plainJson: Negotiated = { format: 'json', as: undefined, version: 'v1' };
const plainYaml: Negotiated = { format: 'yaml', as: undefined, version: 'v1' };
const plainProtobuf: Negotiated = { format: 'protobuf', as: undefined, version: 'v1' };
const protobufType = 'application/vnd.kubernetes.protobuf';

/** Answers that Accept headers were found to mean; clients use few different ones. */
const known = new Map<string, Negotiated | undefined>();
const maxKnown = 200;

/** What is answered: one object, a list, or what has no other form (`plain`: reviews, bindings, evictions, tokens). */
export type Answered = 'object' | 'list' | 'plain';

/** Reads an Accept header. Throws NotAcceptable. */
export function negotiate(accept: string | undefined, answered: Answered): Negotiated {
  if (accept === undefined || accept === '' || accept === '*/*' || accept === 'application/json') return plainJson;
  const key = `${answered} ${accept}`;
  let found = known.get(key);
  if (found === undefined && !known.has(key)) {
    found = choose(accept, answered);
    if (known.size < maxKnown) known.set(key, found);
  }
  if (found === undefined) throw new ApiError('NotAcceptable', 'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf');
  return found;
}

interface Clause {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

function parseClause(text: string): Clause {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim());
  const parameters = new Map(rest.map((part): [string, string] => {
    const equals = part.indexOf('=');
    return equals < 0 ? [part, ''] : [part.slice(0, equals).trim(), part.slice(equals + 1).trim()];
  }));
  const quality = Number(parameters.get('q') ?? '1');
  return { type: type.toLowerCase(), parameters, quality: Number.isNaN(quality) ? 1 : quality };
}

function choose(accept: string, answered: Answered): Negotiated | undefined {
  const clauses = accept.split(',').map(parseClause).filter(({ quality }) => quality > 0);
  clauses.sort((a, b) => b.quality - a.quality);
  for (const { type, parameters } of clauses) {
    const format = formatOf(type);
    if (format === undefined) continue;
    const as = parameters.get('as');
    if (as === undefined) return format === 'yaml' ? plainYaml : plainJson;
    if (answered === 'plain') continue;
    const version = parameters.get('v');
    if (parameters.get('g') !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) continue;
    if (as === 'Table') return { format, as, version };
    if (as === (answered === 'list' ? 'PartialObjectMetadataList' : 'PartialObjectMetadata')) return { format, as: 'PartialObjectMetadata', version };
  }
  // Objects are kept as JSON: whoever takes either gets JSON, and protobuf is made only for those who take nothing else.
  return clauses.some(({ type, parameters }) => type === protobufType && !parameters.has('as')) ? plainProtobuf : undefined;
}

function formatOf(type: string): Negotiated['format'] | undefined {
  switch (type) {
    case 'application/json': case 'application/*': case '*/*': return 'json';
    case 'application/yaml': case 'application/x-yaml': case 'text/yaml': return 'yaml';
    default: return undefined;
  }
}
