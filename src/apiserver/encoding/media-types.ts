/** The encodings that objects are read and written in. */
export type Format = 'json' | 'yaml' | 'protobuf' | 'cbor';

interface MediaType {
  readonly name: string;
  /** What follows `application/`. */
  readonly subtype: string;
  /** The media type of watches as upstream lists it; undefined where there are none in this encoding. */
  readonly stream?: string;
}

export const mediaTypes: Readonly<Record<Format, MediaType>> = {
  json: { name: 'application/json', subtype: 'json', stream: 'application/json;stream=watch' },
  yaml: { name: 'application/yaml', subtype: 'yaml' },
  protobuf: { name: 'application/vnd.kubernetes.protobuf', subtype: 'vnd.kubernetes.protobuf', stream: 'application/vnd.kubernetes.protobuf;stream=watch' },
  cbor: { name: 'application/cbor', subtype: 'cbor', stream: 'application/cbor-seq' },
};

const token = String.raw`[\w!#$%&'*+.^|~\x60-]+`;
/** What Go's mime.ParseMediaType takes: a name, and parameters that each have a value. */
const wellFormed = new RegExp(String.raw`^\s*(${token}(?:/${token})?)\s*(?:;\s*${token}\s*=\s*(?:${token}|"(?:[^"\\]|\\.)*")\s*)*;?\s*$`);

/** The encoding that a Content-Type names; its parameters mean nothing, but must be well-formed. Undefined for none of ours. */
export function formatOf(contentType: string): Format | undefined {
  if (contentType === mediaTypes.json.name) return 'json';
  const name = wellFormed.exec(contentType)?.[1]?.toLowerCase();
  for (const format of Object.keys(mediaTypes) as Format[]) if (mediaTypes[format].name === name) return format;
  return undefined;
}
