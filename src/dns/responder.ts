import type { Answer, DecodedPacket, Packet } from 'dns-packet';
import dnsPacket from 'dns-packet';
import type { Clock } from '../base/clock.ts';
import { KeptAnswers } from './kept-answers.ts';
import { DnsMetrics } from './metrics.ts';
import { readdress, readQuestion } from './question.ts';
import type { Upstream } from './upstream.ts';
import { secondsToLive } from './zone.ts';
import type { Lookup, Zone, ZoneRecord } from './zone.ts';

const classicUdpBytes = 512;
/** What we promise and accept over UDP with EDNS: fits every link without fragments (DNS flag day 2020). */
const maxUdpBytes = 1232;
const maxAliases = 8;

const flags = { authoritative: 1 << 10, truncated: 1 << 9, recursionDesired: 1 << 8, recursionAvailable: 1 << 7 };
const codes = { formatError: 1, serverFailure: 2, noSuchName: 3, notImplemented: 4 };

export interface ResponderOptions {
  readonly zone: Zone;
  readonly upstream: Pick<Upstream, 'ask'>;
  readonly clock: Clock;
  readonly metrics?: DnsMetrics;
}

/** An answer of ours in the orders in which it is given: each address is the first as often as the others. */
interface Rotation { readonly answers: (Buffer | undefined)[]; readonly make: (turn: number) => Buffer; next: number }

/** So many answers of ours are kept; each needs some hundred bytes. */
const mostKept = 20_000;
/** More addresses than these take turns in groups. */
const mostTurns = 16;

/** Turns one question's bytes into one answer's bytes. Answers from the zone are kept until `changed` is called. */
export class Responder {
  readonly #zone: Zone;
  readonly #upstream: Pick<Upstream, 'ask'>;
  readonly #clock: Clock;
  readonly #metrics: DnsMetrics;
  readonly #kept = new KeptAnswers<Rotation>(mostKept);

  constructor(options: ResponderOptions) {
    this.#zone = options.zone;
    this.#upstream = options.upstream;
    this.#clock = options.clock;
    this.#metrics = options.metrics ?? new DnsMetrics();
  }

  /** The zone says something else than before. */
  changed(): void {
    this.#kept.clear();
  }

  /** At once where nobody else must be asked; undefined for what deserves no answer. */
  respond(bytes: Buffer, transport: 'udp' | 'tcp'): Buffer | undefined | Promise<Buffer | undefined> {
    const startMs = this.#clock.monotonicMs();
    const question = readQuestion(bytes);
    const counted = (answer: Buffer | undefined): Buffer | undefined => {
      if (answer !== undefined) this.#metrics.count(transport, question?.type ?? 0, answer[3]! & 0x0f, (this.#clock.monotonicMs() - startMs) / 1000);
      return answer;
    };
    if (question === undefined) return this.#understand(bytes, transport).then(counted);
    const key = transport === 'udp' ? question.key : `tcp ${question.key}`;
    let rotation = this.#kept.get(key);
    if (rotation === undefined) {
      const found = this.#zone.lookup(question.name, typeName(question.type));
      if (found.kind === 'not-ours' || found.kind === 'alias') return this.#understand(bytes, transport).then(counted);
      rotation = this.#rotation(bytes, found, transport);
      if (rotation === undefined) return this.#understand(bytes, transport).then(counted);
      this.#kept.set(key, rotation);
    }
    const turn = rotation.next;
    rotation.next = (turn + 1) % rotation.answers.length;
    return counted(readdress(rotation.answers[turn] ??= rotation.make(turn), bytes, question));
  }

  /** What our zone says to this query, in all its orders. */
  #rotation(bytes: Buffer, found: Exclude<Lookup, { readonly kind: 'not-ours' | 'alias' }>, transport: 'udp' | 'tcp'): Rotation | undefined {
    const query = decoded(bytes);
    const asked = query?.questions?.[0];
    if (query === undefined || asked === undefined) return undefined;
    const records = found.kind === 'found' ? found.records : [];
    const additionals = found.kind === 'found' ? found.additionals.map(toAnswer) : [];
    const turns = records.every(({ type }) => type === 'A' || type === 'AAAA') ? Math.min(mostTurns, Math.max(1, records.length)) : 1;
    const make = (turn: number): Buffer => {
      const from = Math.floor((turn * records.length) / turns);
      return this.#encode(query, { answers: [...records.slice(from), ...records.slice(0, from)].map(toAnswer), additionals, code: found.kind === 'no-such-name' ? codes.noSuchName : 0 }, transport);
    };
    return { answers: Array.from({ length: turns }, () => undefined), make, next: 0 };
  }

  async #understand(bytes: Buffer, transport: 'udp' | 'tcp'): Promise<Buffer | undefined> {
    if (bytes.length < 12) return undefined;
    if ((bytes[2]! & 0x80) !== 0) return undefined; // An answer, not a question.
    const query = decoded(bytes);
    if (query === undefined) return errorFor(bytes, codes.formatError);
    if (((bytes[2]! >> 3) & 0x0f) !== 0) return errorFor(bytes, codes.notImplemented);
    const question = query.questions?.[0];
    if (question === undefined || query.questions?.length !== 1) return errorFor(bytes, codes.formatError);

    const found = this.#zone.lookup(question.name.toLowerCase(), question.type);
    if (found.kind === 'not-ours') return (await this.#upstream.ask(bytes, transport)) ?? errorFor(bytes, codes.serverFailure);

    const answers: Answer[] = [];
    let state = found;
    for (let aliases = 0; state.kind === 'alias' && aliases < maxAliases; aliases++) {
      answers.push(...state.records.map(toAnswer));
      if (question.type === 'CNAME') break;
      const next = this.#zone.lookup(state.target, question.type);
      if (next.kind === 'not-ours') {
        answers.push(...(await this.#resolve(state.target, question.type)));
        break;
      }
      state = next;
    }
    if (state.kind === 'found') answers.push(...state.records.map(toAnswer));
    return this.#encode(query, { answers, additionals: state.kind === 'found' ? state.additionals.map(toAnswer) : [], code: state.kind === 'no-such-name' ? codes.noSuchName : 0 }, transport);
  }

  /** An answer as long as the client takes one. */
  #encode(query: DecodedPacket, { answers, additionals, code }: { readonly answers: Answer[]; readonly additionals: Answer[]; readonly code: number }, transport: 'udp' | 'tcp'): Buffer {
    const edns = query.additionals?.find((one) => one.type === 'OPT');
    const extra = edns === undefined ? [] : [{ type: 'OPT', name: '.', udpPayloadSize: maxUdpBytes, extendedRcode: 0, ednsVersion: 0, flags: 0, flag_do: false, options: [] } as unknown as Answer];
    const response: Packet = {
      type: 'response',
      ...(query.id !== undefined && { id: query.id }),
      flags: flags.authoritative | flags.recursionAvailable | ((query.flags ?? 0) & flags.recursionDesired) | code,
      questions: query.questions ?? [],
      answers,
      additionals: [...additionals, ...extra],
      ...(answers.length === 0 && { authorities: [toAnswer(this.#zone.startOfAuthority())] }),
    };
    const encoded = dnsPacket.encode(response);
    const limit = transport === 'tcp' ? 65_535 : Math.max(classicUdpBytes, Math.min(maxUdpBytes, (edns as { udpPayloadSize?: number } | undefined)?.udpPayloadSize ?? classicUdpBytes));
    return encoded.length <= limit ? encoded : dnsPacket.encode(shortened(response, limit));
  }

  /** The far end of an ExternalName, as upstream knows it; nothing when it does not. */
  async #resolve(name: string, type: string): Promise<Answer[]> {
    const question = dnsPacket.encode({ type: 'query', id: 1, flags: flags.recursionDesired, questions: [{ name, type: type as 'A', class: 'IN' }] });
    const answer = await this.#upstream.ask(question, 'udp');
    if (answer === undefined) return [];
    try {
      return dnsPacket.decode(answer).answers ?? [];
    } catch {
      return [];
    }
  }
}

/**
 * What fits of a response: all answers without their additional records, else as many answers as fit and the bit that
 * says so. Some clients (busybox, older musl) never ask again over TCP and take what there is.
 */
function shortened(response: Packet, limit: number): Packet {
  const edns = (response.additionals ?? []).filter(({ type }) => type === 'OPT');
  const answers = response.answers ?? [];
  const bare = { ...response, answers: [], additionals: edns, authorities: [] };
  let room = limit - dnsPacket.encodingLength(bare);
  const empty = dnsPacket.encodingLength({ answers: [] });
  const cut = answers.findIndex((answer) => (room -= dnsPacket.encodingLength({ answers: [answer] }) - empty) < 0);
  if (cut < 0) return { ...bare, answers };
  return { ...bare, answers: answers.slice(0, cut), flags: (response.flags ?? 0) | flags.truncated };
}

function toAnswer(record: ZoneRecord): Answer {
  return { ...record, ttl: secondsToLive, class: 'IN' } as Answer;
}

function decoded(bytes: Buffer): DecodedPacket | undefined {
  try {
    return dnsPacket.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The types that our zone has; any other is none of them. */
const typeNames: Readonly<Record<number, string>> = { 1: 'A', 2: 'NS', 5: 'CNAME', 6: 'SOA', 12: 'PTR', 16: 'TXT', 28: 'AAAA', 33: 'SRV' };
const typeName = (type: number): string => typeNames[type] ?? `TYPE${type}`;

/** The question's head and question section with an error code: needs no understanding of it. */
function errorFor(question: Buffer, code: number): Buffer {
  const head = Buffer.alloc(12);
  question.copy(head, 0, 0, 2);
  head[2] = 0x80 | (question[2]! & 0x79);
  head[3] = 0x80 | code;
  return head;
}
