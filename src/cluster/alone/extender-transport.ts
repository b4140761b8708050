import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { readFile } from 'node:fs/promises';
import type { Clock } from '../../base/clock.ts';
import { timeoutSignal } from '../../base/clock.ts';
import type { ExtenderConfiguration } from '../../scheduler/config/configuration.ts';
import type { ExtenderTransport } from '../../scheduler/extender/http-extender.ts';

/** Answers are bounded: an extender answers with at most the nodes that it was given. */
const maxAnswerBytes = 256 * 1024 * 1024;

/** How the extender of this configuration is reached. Rejects when its certificates cannot be read. */
export async function extenderTransport({ tlsConfig = {}, enableHTTPS = false }: ExtenderConfiguration, clock: Clock): Promise<ExtenderTransport> {
  const read = async (data: string | undefined, file: string | undefined): Promise<Buffer | undefined> => (data === undefined ? (file === undefined ? undefined : readFile(file)) : Buffer.from(data, 'base64'));
  const [ca, cert, key] = await Promise.all([read(tlsConfig.caData, tlsConfig.caFile), read(tlsConfig.certData, tlsConfig.certFile), read(tlsConfig.keyData, tlsConfig.keyFile)]);
  const tls = {
    ...(ca !== undefined && { ca }), ...(cert !== undefined && { cert }), ...(key !== undefined && { key }),
    ...(tlsConfig.serverName !== undefined && { servername: tlsConfig.serverName }),
    // As upstream: HTTPS without an authority to trust is not checked.
    rejectUnauthorized: !(tlsConfig.insecure === true || (enableHTTPS && ca === undefined)),
  };
  return (url, body, { timeoutMs }) => new Promise((resolve, reject) => {
    const timeout = timeoutSignal(clock, timeoutMs);
    const options = { method: 'POST', headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }, signal: timeout.signal };
    const outgoing = (url.startsWith('https:') ? httpsRequest(url, { ...options, ...tls }) : httpRequest(url, options)).on('response', (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part;
        if (text.length > maxAnswerBytes) outgoing.destroy(new Error('the extender\'s answer is too large'));
      }).on('end', () => resolve({ code: answer.statusCode ?? 0, text })).on('error', reject);
    }).on('error', reject).on('close', () => timeout.cancel());
    outgoing.end(body);
  });
}
