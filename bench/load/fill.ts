import type { Program } from '../program.ts';
import { token } from '../program.ts';
import { requestText, sendAll } from './raw-connection.ts';

let fills = 0;

/** Creates exactly `count` objects; every `%NAME%` of the body becomes a name of its own. */
export async function fill({ url }: Program, path: string, body: string, count: number): Promise<void> {
  const run = (fills += 1);
  await sendAll(url, { connections: 16, count, request: (index) => requestText({ url, token }, 'POST', path, body.replace('%NAME%', `f-${run}-${index}`)) });
}
