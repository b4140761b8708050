import { decodeJson, unrecognizedError } from '../../api/codec/json.ts';
import { decodeProtobuf, ProtobufError, UnknownKindError } from '../../api/codec/protobuf.ts';
import { undecodableError } from '../../api/codec/strict.ts';
import { decodeYaml } from '../../api/codec/yaml.ts';
import type { ObjectSchema } from '../../api/schema/schema.ts';
import { ApiError, badRequestError } from '../../api/status.ts';
import type { DecodedBody } from '../verbs/decoded-body.ts';
import { cborCodec } from './cbor.ts';
import { builtinSchemaOf } from './encode.ts';
import { formatOf } from './media-types.ts';
import type { Negotiator } from './negotiate.ts';

export interface BodyOptions {
  /** As the header says it, with its parameters; empty means JSON. */
  readonly contentType: string;
  /** Report fields that are given twice. */
  readonly duplicates: boolean;
  readonly negotiator: Negotiator;
  /** What the body is where it does not say so itself; words the errors. */
  readonly expected?: { readonly apiVersion: string; readonly kind: string };
}

/** Patches are JSON, YAML and CBOR by another name. */
const patchFormats: Readonly<Record<string, 'json' | 'yaml' | 'cbor'>> = {
  'application/json-patch+json': 'json', 'application/merge-patch+json': 'json', 'application/strategic-merge-patch+json': 'json', 'application/apply-patch+yaml': 'yaml', 'application/apply-patch+cbor': 'cbor',
};

/** Upstream's router says this, before anybody looks at the patch. */
export const unsupportedPatch = (): ApiError => new ApiError('UnsupportedMediaType', '415: Unsupported Media Type', { details: {} });

const patchFormatOf = (contentType: string): 'json' | 'yaml' | 'cbor' | undefined => patchFormats[contentType.split(';', 1)[0]!.trim().toLowerCase()];

/** Throws UnsupportedMediaType for a body, not a patch, in an encoding that there is not. */
export function checkBodyType(contentType: string, negotiator: Negotiator): void {
  if (contentType === '') return;
  const format = formatOf(contentType);
  if (format === undefined || (format === 'cbor' && !negotiator.cbor)) {
    throw new ApiError('UnsupportedMediaType', `the body of the request was in an unknown format - accepted media types include: ${negotiator.mediaTypes.join(', ')}`);
  }
}

/** Is the body of a request with this header YAML, or a patch in YAML? */
export const isYamlBody = (contentType: string): boolean => (patchFormatOf(contentType) ?? formatOf(contentType)) === 'yaml';

/** Reads the body of a request. Throws BadRequest for malformed bodies, UnsupportedMediaType for what is none of ours. */
export function decodeBody(bytes: Uint8Array, options: BodyOptions): DecodedBody {
  const { contentType, expected, negotiator } = options;
  const patch = patchFormatOf(contentType);
  if (patch === undefined) checkBodyType(contentType, negotiator);
  else if (patch === 'cbor' && !negotiator.cbor) throw unsupportedPatch();
  const format = patch ?? formatOf(contentType) ?? 'json';
  const expectedKind = expected === undefined ? {} : { expectedKind: expected.kind };
  switch (format) {
    case 'json': return decodeJson(bytes, { duplicates: options.duplicates, ...expectedKind });
    case 'yaml': return decodeYaml(bytes, expectedKind);
    case 'protobuf': return decodeBinary(bytes, expected);
    case 'cbor': return decodeCborBody(bytes, expected);
  }
}

function decodeBinary(bytes: Uint8Array, expected: BodyOptions['expected']): DecodedBody {
  try {
    return { value: decodeProtobuf(bytes, findSchema, expected), duplicates: [] };
  } catch (error) {
    if (!(error instanceof ProtobufError)) throw error;
    if (expected === undefined) throw badRequestError(error.message);
    if (!(error instanceof UnknownKindError)) throw unrecognizedError(bytes, expected.kind, error.message);
    const version = error.apiVersion.slice(error.apiVersion.indexOf('/') + 1);
    throw undecodableError({ version, kind: error.kind }, expected.kind, `${error.message} in scheme "pkg/api/legacyscheme/scheme.go:30"`);
  }
}

const findSchema = (apiVersion: string, kind: string): ObjectSchema | undefined => builtinSchemaOf({ apiVersion, kind });

function decodeCborBody(bytes: Uint8Array, expected: BodyOptions['expected']): DecodedBody {
  const { CborError, decodeCbor } = cborCodec();
  try {
    return { value: decodeCbor(bytes), duplicates: [], format: 'cbor' };
  } catch (error) {
    if (!(error instanceof CborError)) throw error;
    throw expected === undefined ? badRequestError(error.message) : unrecognizedError(bytes, expected.kind, `unable to determine group/version/kind: ${error.message}`);
  }
}
