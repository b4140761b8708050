import { Chance, seedOf } from './chance.ts';
import { problemWith } from './check-answer.ts';
import type { Outcome } from './connection.ts';
import { Connection } from './connection.ts';
import type { HostileRequest } from './requests.ts';
import { hostileRequest } from './requests.ts';
import { hostileFrames, upgradeRequest } from './web-socket.ts';

export interface HttpFuzzOptions {
  readonly port: number;
  readonly seed: number;
  readonly requests: number;
  /** Stops early after this long. */
  readonly atMostMs?: number;
  readonly connections?: number;
  /** The first request's number: to replay one. */
  readonly from?: number;
  progress?(done: number): void;
}

export interface HttpFuzzReport {
  readonly sent: number;
  /** By HTTP code; `closed` and `silent` for no answer. */
  readonly byCode: ReadonlyMap<string, number>;
  readonly findings: readonly { readonly number: number; readonly request: string; readonly problem: string }[];
}

/** Requests that are on their way on one connection at a time. */
const batch = 8;
const maxFindings = 200;

/** Sends hostile requests, the same ones for the same seed, and looks at every answer. */
export async function fuzzHttp({ port, seed, requests, atMostMs = Infinity, connections = 16, from = 0, progress }: HttpFuzzOptions): Promise<HttpFuzzReport> {
  const byCode = new Map<string, number>();
  const findings: HttpFuzzReport['findings'][number][] = [];
  const deadline = performance.now() + atMostMs;
  let next = from;
  let sent = 0;
  const take = (number: number, request: HostileRequest, outcome: Outcome): void => {
    sent += 1;
    if (progress !== undefined && sent % 50_000 === 0) progress(sent);
    const code = typeof outcome === 'string' ? outcome : String(outcome.code);
    byCode.set(code, (byCode.get(code) ?? 0) + 1);
    const problem = outcome === 'silent' ? 'no answer' : outcome === 'closed' ? (request.mayHangUp ? undefined : 'the connection was closed without an answer') : problemWith(outcome);
    if (problem !== undefined && findings.length < maxFindings) findings.push({ number, request: `${request.method} ${request.path}`.slice(0, 300), problem });
  };
  const alone = async (number: number, request: HostileRequest): Promise<void> => {
    const connection = await Connection.open(port);
    const outcome = await connection.send(request.bytes, { method: request.method, headOnly: request.endless, ...(request.mayHangUp && { patienceMs: 500 }) });
    connection.close();
    take(number, request, outcome === 'silent' && request.mayHangUp ? 'closed' : outcome);
  };
  const socket = async (number: number, chance: Chance): Promise<void> => {
    const connection = await Connection.open(port);
    const request = upgradeRequest(chance);
    const outcome = await connection.send(request.bytes, { method: 'GET', headOnly: true });
    if (typeof outcome !== 'string' && outcome.code === 101) {
      connection.write(hostileFrames(chance));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    connection.close();
    if (typeof outcome !== 'string' && outcome.code === 101) byCode.set('101', (byCode.get('101') ?? 0) + 1);
    else take(number, request, outcome);
  };
  const lane = async (): Promise<void> => {
    let connection: Connection | undefined;
    while (next < from + requests && performance.now() < deadline) {
      const together: Promise<void>[] = [];
      for (let i = 0; i < batch && next < from + requests; i++) {
        const number = next++;
        const chance = new Chance(seedOf(seed, number));
        if (chance.happens(0.001)) {
          await socket(number, chance);
          continue;
        }
        const request = hostileRequest(chance);
        if (request.endless || request.mayHangUp) {
          await alone(number, request);
          continue;
        }
        if (connection === undefined || connection.ended) connection = await Connection.open(port);
        const used = connection;
        together.push(used.send(request.bytes, { method: request.method }).then(async (outcome) => {
          // One that was sent after the server had decided to close is not to blame.
          if (outcome === 'closed') await alone(number, request);
          else take(number, request, outcome);
        }));
      }
      await Promise.all(together);
    }
    connection?.close();
  };
  await Promise.all(Array.from({ length: connections }, lane));
  return { sent, byCode, findings };
}
