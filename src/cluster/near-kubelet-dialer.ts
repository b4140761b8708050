import type { ApiResponse, Upgrade } from '../apiserver/request.ts';
import type { KubeletDialer, KubeletTarget } from '../apiserver/subresources/kubelet-dialer.ts';
import type { ForwardedAnswer, ForwardedRequest } from '../apiserver/subresources/proxy/forwarder.ts';

/**
 * Kubelets of this process listen on loopback while their nodes say the machine's address: goes there directly.
 * Everybody else's is dialled where its node says.
 */
export class NearKubeletDialer implements KubeletDialer {
  readonly #dialer: KubeletDialer;
  readonly #addressOf: (nodeName: string) => string | undefined;

  constructor(dialer: KubeletDialer, addressOf: (nodeName: string) => string | undefined) {
    this.#dialer = dialer;
    this.#addressOf = addressOf;
  }

  get(target: KubeletTarget, path: string, options: Parameters<KubeletDialer['get']>[2]): Promise<ApiResponse> {
    return this.#dialer.get(this.#near(target), path, options);
  }

  forward(target: KubeletTarget, request: ForwardedRequest): Promise<ForwardedAnswer> {
    return this.#dialer.forward(this.#near(target), request);
  }

  upgrade(target: KubeletTarget, path: string, upgrade: Upgrade): Promise<void> {
    return this.#dialer.upgrade(this.#near(target), path, upgrade);
  }

  #near(target: KubeletTarget): KubeletTarget {
    return { ...target, address: this.#addressOf(target.nodeName) ?? target.address };
  }
}
