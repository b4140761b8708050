/** Finds the ends of HTTP/1.1 answers in a stream of bytes, looking at no more than their heads. Knows Content-Length only. */
export class AnswerReader {
  readonly #onAnswer: (code: number) => void;
  /** The beginning of a head whose end has not come. */
  #head = '';
  #code = 0;
  /** Bytes of the body that are still to come; undefined: in a head. */
  #left: number | undefined;

  /** `onAnswer` is called once the last byte of an answer has come. */
  constructor(onAnswer: (code: number) => void) {
    this.#onAnswer = onAnswer;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left === undefined) {
        const end = this.#readHead(chunk, at);
        if (end === undefined) return;
        at = end;
      }
      const taken = Math.min(this.#left!, chunk.length - at);
      at += taken;
      this.#left! -= taken;
      if (this.#left! > 0) return;
      this.#left = undefined;
      this.#onAnswer(this.#code);
    }
  }

  /** Where the body begins; undefined when the head has not ended yet. */
  #readHead(chunk: Buffer, at: number): number | undefined {
    const before = this.#head.length;
    // A head is small: more than its beginning is not copied out of a large chunk.
    const text = this.#head + chunk.toString('latin1', at, Math.min(chunk.length, at + 4096));
    const end = text.indexOf('\r\n\r\n', Math.max(0, before - 3));
    if (end < 0) {
      this.#head = text;
      return undefined;
    }
    this.#head = '';
    this.#code = Number(text.slice(9, 12));
    const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end + 2))?.[1];
    if (length === undefined) throw new Error(`an answer without Content-Length:\n${text.slice(0, end)}`);
    this.#left = Number(length);
    return at + end + 4 - before;
  }
}
