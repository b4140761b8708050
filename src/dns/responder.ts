import type { Answer, DecodedPacket, Packet } from 'dns-packet';
import dnsPacket from 'dns-packet';
import type { Upstream } from './upstream.ts';
import type { Zone, ZoneRecord } from './zone.ts';

/** Seconds that clients may keep an answer: pods come and go. */
const ttl = 5;
const classicUdpBytes = 512;
/** What we promise and accept over UDP with EDNS: fits every link without fragments (DNS flag day 2020). */
const maxUdpBytes = 1232;
const maxAliases = 8;

const flags = { authoritative: 1 << 10, truncated: 1 << 9, recursionDesired: 1 << 8, recursionAvailable: 1 << 7 };
const codes = { formatError: 1, serverFailure: 2, noSuchName: 3, notImplemented: 4 };

/** Turns one question's bytes into one answer's bytes; undefined for what deserves none. */
export class Responder {
  readonly #zone: Zone;
  readonly #upstream: Upstream;

  constructor(options: { readonly zone: Zone; readonly upstream: Upstream }) {
    this.#zone = options.zone;
    this.#upstream = options.upstream;
  }

  async respond(bytes: Buffer, transport: 'udp' | 'tcp'): Promise<Buffer | undefined> {
    if (bytes.length < 12) return undefined;
    if ((bytes[2]! & 0x80) !== 0) return undefined; // An answer, not a question.
    let query: DecodedPacket;
    try {
      query = dnsPacket.decode(bytes);
    } catch {
      return errorFor(bytes, codes.formatError);
    }
    if (((bytes[2]! >> 3) & 0x0f) !== 0) return errorFor(bytes, codes.notImplemented);
    const question = query.questions?.[0];
    if (question === undefined || query.questions?.length !== 1) return errorFor(bytes, codes.formatError);

    const name = question.name.toLowerCase();
    const found = this.#zone.lookup(name, question.type);
    if (found.kind === 'not-ours') return (await this.#upstream.ask(bytes, transport)) ?? errorFor(bytes, codes.serverFailure);

    const answers: Answer[] = [];
    const additionals: Answer[] = [];
    let code = 0;
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
    if (state.kind === 'found') {
      answers.push(...state.records.map(toAnswer));
      additionals.push(...state.additionals.map(toAnswer));
    } else if (state.kind === 'no-such-name') code = codes.noSuchName;

    const edns = query.additionals?.find((one) => one.type === 'OPT');
    if (edns !== undefined) additionals.push({ type: 'OPT', name: '.', udpPayloadSize: maxUdpBytes, extendedRcode: 0, ednsVersion: 0, flags: 0, flag_do: false, options: [] } as unknown as Answer);
    const response: Packet = {
      type: 'response',
      ...(query.id !== undefined && { id: query.id }),
      flags: flags.authoritative | flags.recursionAvailable | ((query.flags ?? 0) & flags.recursionDesired) | code,
      questions: [question],
      answers,
      additionals,
      ...(answers.length === 0 && { authorities: [this.#startOfAuthority()] }),
    };
    const encoded = dnsPacket.encode(response);
    const limit = transport === 'tcp' ? 65_535 : Math.max(classicUdpBytes, Math.min(maxUdpBytes, (edns as { udpPayloadSize?: number } | undefined)?.udpPayloadSize ?? classicUdpBytes));
    if (encoded.length <= limit) return encoded;
    return dnsPacket.encode(shortened(response, limit));
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

  /** Sent with every negative answer, so that clients know how long to remember it. */
  #startOfAuthority(): Answer {
    const { domain } = this.#zone;
    return { type: 'SOA', name: domain, ttl, data: { mname: `ns.dns.${domain}`, rname: `hostmaster.${domain}`, serial: 1, refresh: 7200, retry: 1800, expire: 86400, minimum: ttl } };
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
  return { ...record, ttl, class: 'IN' } as Answer;
}

/** The question's head and question section with an error code: needs no understanding of it. */
function errorFor(question: Buffer, code: number): Buffer {
  const head = Buffer.alloc(12);
  question.copy(head, 0, 0, 2);
  head[2] = 0x80 | (question[2]! & 0x79);
  head[3] = 0x80 | code;
  return head;
}
