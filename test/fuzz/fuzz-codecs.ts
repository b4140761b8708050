import { decodeCbor, encodeCbor } from '../../src/api/codec/cbor.ts';
import { decodeJson } from '../../src/api/codec/json.ts';
import { decodeProtobuf, encodeProtobuf } from '../../src/api/codec/protobuf.ts';
import { decodeYaml, encodeYaml } from '../../src/api/codec/yaml.ts';
import { parseFieldSelector } from '../../src/api/meta/fields.ts';
import { parseLabelSelector } from '../../src/api/meta/label-selector-parser.ts';
import { canonicalQuantity, parseQuantity } from '../../src/api/meta/quantity.ts';
import { parseTime } from '../../src/api/meta/time.ts';
import { applyJsonPatch } from '../../src/api/patch/json-patch.ts';
import { applyMergePatch } from '../../src/api/patch/merge-patch.ts';
import { applyStrategicMergePatch } from '../../src/api/patch/strategic-merge-patch.ts';
import type { ResourceSchema } from '../../src/api/schema/schema.ts';
import { builtinSchema } from '../../src/api/schema/table.ts';
import { parseGoDuration } from '../../src/base/go-duration.ts';
import { decodeContinue } from '../../src/apiserver/verbs/continue-token.ts';
import { parseRequestInfo } from '../../src/apiserver/request-info.ts';
import { Chance, hostileString, seedOf } from './chance.ts';
import { anything, broken, valueOf } from './objects.ts';

/** Errors that say that the input is wrong. Anything else that is thrown is a bug. */
const refusals: ReadonlySet<string> = new Set(['ApiError', 'SelectorError', 'ProtobufError', 'CborError', 'QuantityError', 'ScalarError', 'ExpiredContinueError', 'PatchError', 'JsonSyntaxError']);
/** One input may take this long at most, milliseconds; far more than any does. */
const slowMs = 1000;

type Trial = (chance: Chance) => void;
const resource = (chance: Chance): ResourceSchema => chance.pick(builtinSchema.resources);
const plausible = (chance: Chance): object => {
  const { schema, kind, group, version } = resource(chance);
  const value = valueOf(schema, chance);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value, kind, apiVersion: group === '' ? version : `${group}/${version}` } : {};
};
const damaged = (bytes: Uint8Array, chance: Chance): Uint8Array => (chance.happens(0.7) ? broken(Buffer.from(bytes), chance) : bytes);
/** What cannot be written, because it has no such form, is not what is tried. */
const written = (write: () => Uint8Array): Uint8Array => {
  try {
    return write();
  } catch {
    return new Uint8Array();
  }
};

const trials: Readonly<Record<string, Trial>> = {
  json: (chance) => void decodeJson(damaged(Buffer.from(JSON.stringify(plausible(chance))), chance), { duplicates: chance.happens(0.5), ...(chance.happens(0.5) && { expectedKind: 'Pod' }) }),
  yaml: (chance) => void decodeYaml(damaged(Buffer.from(encodeYaml(plausible(chance))), chance), {}),
  protobuf: (chance) => {
    const { schema, kind, group, version } = resource(chance);
    const object = { ...(valueOf(schema, chance) as object), kind, apiVersion: group === '' ? version : `${group}/${version}` };
    decodeProtobuf(damaged(written(() => encodeProtobuf(object, schema)), chance));
  },
  cbor: (chance) => void decodeCbor(damaged(written(() => encodeCbor(plausible(chance))), chance)),
  jsonPatch: (chance) => {
    const pointer = (): string => chance.pick(['', '/', '/metadata', '/metadata/name', '/spec/containers/0', '/spec/-', '/~01', '/a/b', '/__proto__/x', hostileString(chance)]);
    const operation = (): unknown => (chance.happens(0.05) ? anything(chance, 0) : { op: chance.pick(['add', 'remove', 'replace', 'move', 'copy', 'test']), path: pointer(), from: pointer(), value: anything(chance, 0) });
    applyJsonPatch(plausible(chance), Array.from({ length: chance.int(6) }, operation));
  },
  mergePatch: (chance) => void applyMergePatch(plausible(chance), chance.happens(0.5) ? plausible(chance) : anything(chance, 0)),
  strategicPatch: (chance) => {
    const { schema } = resource(chance);
    const patch = valueOf(schema, chance);
    const document = valueOf(schema, chance);
    applyStrategicMergePatch(typeof document === 'object' && document !== null && !Array.isArray(document) ? document : {}, chance.happens(0.3) && typeof patch === 'object' ? { ...patch, $patch: chance.pick(['delete', 'replace', 'merge', 'x']), '$setElementOrder/containers': anything(chance, 0), $retainKeys: anything(chance, 0) } : patch, schema);
  },
  labelSelector: (chance) => void parseLabelSelector(Array.from({ length: chance.int(5) }, () => hostileString(chance)).join(chance.pick([',', ' in (', '=', '!', ')', ' notin ']))),
  fieldSelector: (chance) => void parseFieldSelector(Array.from({ length: chance.int(5) }, () => hostileString(chance)).join(chance.pick([',', '=', '!=', '\\']))),
  quantity: (chance) => {
    const text = chance.pick(['1', '-', '0.', '.5', '9'.repeat(1 + chance.int(60)), hostileString(chance)]) + chance.pick(['', 'm', 'Ki', 'k', 'e3', 'E', 'e-400', 'Ei', 'n', hostileString(chance)]);
    const canonical = canonicalQuantity(text);
    if (canonicalQuantity(canonical) !== canonical) throw new Error(`not canonical: ${text} -> ${canonical}`);
    parseQuantity(text);
  },
  time: (chance) => void parseTime(hostileString(chance)),
  duration: (chance) => void parseGoDuration(hostileString(chance) + chance.pick(['s', 'h', 'ms', ''])),
  continueToken: (chance) => void decodeContinue(chance.happens(0.5) ? hostileString(chance) : Buffer.from(JSON.stringify(anything(chance, 0)) ?? '').toString('base64url')),
  path: (chance) => void parseRequestInfo(chance.pick(['GET', 'POST', 'DELETE', 'X']), `/${Array.from({ length: chance.int(9) }, () => chance.pick(['api', 'apis', 'v1', 'namespaces', 'watch', 'pods', hostileString(chance)])).join('/')}`, new URLSearchParams({ watch: hostileString(chance), fieldSelector: hostileString(chance) })),
};

export interface CodecFinding { readonly codec: string; readonly number: number; readonly problem: string }

/** Tries every codec and parser in turn, the same inputs for the same seed. */
export function fuzzCodecs({ seed, inputs, atMostMs = Infinity }: { readonly seed: number; readonly inputs: number; readonly atMostMs?: number }): { readonly tried: number; readonly findings: readonly CodecFinding[] } {
  const findings: CodecFinding[] = [];
  const entries = Object.entries(trials);
  const deadline = performance.now() + atMostMs;
  let number = 0;
  for (; number < inputs && performance.now() < deadline && findings.length < 100; number++) {
    const [codec, trial] = entries[number % entries.length]!;
    const startedMs = performance.now();
    try {
      trial(new Chance(seedOf(seed, number)));
    } catch (error) {
      if (!(error instanceof Error) || !refusals.has(error.name)) findings.push({ codec, number, problem: error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 4).join(' | ') : String(error) });
    }
    const tookMs = performance.now() - startedMs;
    if (tookMs > slowMs) findings.push({ codec, number, problem: `took ${Math.round(tookMs)} ms` });
  }
  return { tried: number, findings };
}
