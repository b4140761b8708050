import { Readable } from 'node:stream';
import type { Transform } from 'node:stream';
import { createDeflate, createGunzip, createGzip, createInflate } from 'node:zlib';
import type { ForwardedAnswer } from '../subresources/proxy/forwarder.ts';
import type { LinkBase } from '../subresources/proxy/links.ts';
import { linkAttributes, rewriteLink } from '../subresources/proxy/links.ts';

const codings: Readonly<Record<string, () => readonly [unpack: Transform, pack: Transform] | readonly []>> = {
  '': () => [],
  gzip: () => [createGunzip(), createGzip()],
  deflate: () => [createInflate(), createDeflate()],
};

/** An HTML page on its way through the proxy, with links that lead back to it. A page in an unknown coding passes as it is. */
export async function rewritePage(answer: ForwardedAnswer, base: LinkBase): Promise<ForwardedAnswer> {
  const open = codings[String(answer.headers['content-encoding'] ?? '')];
  if (open === undefined) return answer;
  const { RewritingStream } = await import('parse5-html-rewriting-stream');
  const rewriter = new RewritingStream();
  rewriter.on('startTag', (tag, raw) => {
    const wanted = linkAttributes[tag.tagName];
    let changed = false;
    for (const attribute of tag.attrs) {
      if (wanted?.includes(attribute.name) !== true) continue;
      const link = rewriteLink(attribute.value, base);
      if (link === attribute.value) continue;
      attribute.value = link;
      changed = true;
    }
    if (changed) rewriter.emitStartTag(tag);
    else rewriter.emitRaw(raw);
  });
  const [unpack, pack] = open();
  const page = Readable.from(answer.body, { objectMode: false });
  const source = unpack === undefined ? page : pipe(page, unpack);
  source.setEncoding('utf8');
  const rewritten = pipe(source, rewriter);
  const { 'content-length': _length, ...headers } = answer.headers;
  return { ...answer, headers, body: bytesOf(pack === undefined ? rewritten : pipe(rewritten, pack)) };
}

/** A stream after another; when the first breaks, so does the second. */
function pipe<T extends Transform>(from: Readable, to: T): T {
  from.on('error', (error) => to.destroy(error));
  return from.pipe(to);
}

async function* bytesOf(stream: Readable): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream as AsyncIterable<string | Uint8Array>) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
}
