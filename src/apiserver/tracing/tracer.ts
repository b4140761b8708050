/** A piece of work that is being traced. Ending it twice does nothing. */
export interface Span {
  /** A part of this work. */
  child(name: string): Span;
  attribute(name: string, value: string | number): void;
  /** `error`: what went wrong on the server's side. */
  end(error?: unknown): void;
}

/** What a trace of a request starts with. */
export interface TracedRequest {
  readonly name: string;
  /** The W3C `traceparent` and `tracestate` that came with it. */
  header(name: string): string | undefined;
  /** Only those who run the cluster may decide that their requests are traced, and belong to their trace; from others it is a link. */
  readonly trusted: boolean;
  readonly attributes: Readonly<Record<string, string | number>>;
}

/** Makes spans of requests, or nothing of those that are not sampled. Disposing sends what is left. */
export interface Tracer extends AsyncDisposable {
  start(request: TracedRequest): Span | undefined;
}
