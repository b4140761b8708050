import type { UserInfo } from '../authentication/authenticator.ts';
import type { RequestedSelectors } from './selectors.ts';

/** What is asked for, in the words of SubjectAccessReview. */
export type Attributes =
  | {
      readonly isResourceRequest: true;
      readonly user: UserInfo;
      readonly verb: string;
      readonly apiGroup: string;
      readonly apiVersion: string;
      readonly resource: string;
      readonly subresource: string;
      readonly namespace: string;
      readonly name: string;
      /** What a list, watch or deletion of a collection is narrowed to; left out: to nothing. */
      readonly selectors?: RequestedSelectors;
    }
  | { readonly isResourceRequest: false; readonly user: UserInfo; readonly verb: string; readonly path: string };

export interface Decision {
  readonly verdict: 'allow' | 'deny' | 'no-opinion';
  /** Shown in the Forbidden message and in SubjectAccessReview status; may be empty. */
  readonly reason: string;
  /** What kept an authorizer from judging; the verdict stands all the same. */
  readonly error?: string;
}

/** One authorization mode. The first that does not say 'no-opinion' decides; if all do, the request is forbidden. */
export interface Authorizer {
  readonly name: string;
  authorize(attributes: Attributes): Decision | Promise<Decision>;
}
