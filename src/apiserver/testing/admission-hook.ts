import type { LoopbackAnswer } from './loopback-server.ts';
import { LoopbackServer } from './loopback-server.ts';

/** What a webhook is asked, as tests look at it. */
export interface AdmissionRequest {
  readonly uid: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly operation: string;
  readonly object: { readonly kind: string; readonly metadata: { readonly name?: string; readonly namespace?: string; readonly labels?: Readonly<Record<string, string>>; readonly annotations?: Readonly<Record<string, string>> } } | null;
  readonly oldObject: AdmissionRequest['object'];
  readonly [field: string]: unknown;
}

/** What it answers: the uid is filled in, a patch encoded. `raw`: this text instead of a review. */
export interface AdmissionResponse {
  readonly allowed?: boolean;
  readonly uid?: string;
  readonly status?: object | undefined;
  readonly patch?: unknown;
  readonly warnings?: readonly string[];
  readonly auditAnnotations?: Readonly<Record<string, string>>;
  readonly raw?: string;
}

/** An admission webhook on loopback. */
export class AdmissionHook implements AsyncDisposable {
  readonly requests: AdmissionRequest[] = [];
  readonly #server: LoopbackServer;

  private constructor(server: LoopbackServer, requests: AdmissionRequest[]) {
    this.#server = server;
    this.requests = requests;
  }

  /** `names`: what its certificate is for. */
  static async start(answer: (request: AdmissionRequest, path: string) => AdmissionResponse | Promise<AdmissionResponse>, options: { readonly names?: readonly string[] } = {}): Promise<AdmissionHook> {
    const requests: AdmissionRequest[] = [];
    const server = await LoopbackServer.start(async ({ body, path }): Promise<LoopbackAnswer> => {
      const review = body as { readonly apiVersion: string; readonly request: AdmissionRequest };
      requests.push(review.request);
      const { raw, patch, ...response } = await answer(review.request, path.split('?', 1)[0]!);
      if (raw !== undefined) return { body: raw };
      const patched = patch === undefined ? {} : { patchType: 'JSONPatch', patch: btoa(JSON.stringify(patch)) };
      return { body: { apiVersion: review.apiVersion, kind: 'AdmissionReview', response: { uid: review.request.uid, ...patched, ...response } } };
    }, options);
    return new AdmissionHook(server, requests);
  }

  get url(): string {
    return this.#server.url;
  }

  /** Base64 of the authority that its certificate is by. */
  get caBundle(): string {
    return btoa(this.#server.ca);
  }

  clientConfig(path: string): object {
    return { url: this.#server.url + path, caBundle: this.caBundle };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server[Symbol.asyncDispose]();
  }
}
