import type { ApiResponse, Upgrade } from '../request.ts';
import type { ForwardedAnswer, ForwardedRequest } from './proxy/forwarder.ts';

/** Where a node's kubelet listens, as its status says. */
export interface KubeletTarget {
  readonly nodeName: string;
  /** IP address or host name to connect to. */
  readonly address: string;
  readonly port: number;
}

/**
 * How the API server reaches kubelets. `http/kubelet-dialer` connects by TLS with the server's client certificate;
 * simulated nodes and tests bring their own.
 */
export interface KubeletDialer {
  /**
   * A plain GET, e.g. of `/containerLogs/NS/POD/CONTAINER?follow=true`. The body is streamed; `signal` ends it.
   * `insecure`: whoever answers is the kubelet, whatever its certificate says. Rejects with ApiError when the kubelet
   * cannot be reached.
   */
  get(target: KubeletTarget, path: string, options: { readonly signal: AbortSignal; readonly insecure?: boolean }): Promise<ApiResponse>;
  /** Any other request, passed on as it is; the kubelet sees the API server's certificate. Rejects with ApiError when it cannot be reached. */
  forward(target: KubeletTarget, request: ForwardedRequest): Promise<ForwardedAnswer>;
  /**
   * Replays an upgrade request to the kubelet under another path and passes bytes both ways until either side closes.
   * Rejects with ApiError when the kubelet cannot be reached; then nothing was written to the client's socket.
   */
  upgrade(target: KubeletTarget, path: string, upgrade: Upgrade): Promise<void>;
}
