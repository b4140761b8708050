import type { UserInfo } from '../authentication/authenticator.ts';

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
      /** The `field=value` requirements of a list or watch; left out by callers that do not tell, who are then not narrowed by it. */
      readonly fieldSelector?: Readonly<Record<string, string>>;
    }
  | { readonly isResourceRequest: false; readonly user: UserInfo; readonly verb: string; readonly path: string };

export interface Decision {
  readonly verdict: 'allow' | 'deny' | 'no-opinion';
  /** Shown in the Forbidden message and in SubjectAccessReview status; may be empty. */
  readonly reason: string;
}

/** One authorization mode. The first that does not say 'no-opinion' decides; if all do, the request is forbidden. */
export interface Authorizer {
  readonly name: string;
  authorize(attributes: Attributes): Decision | Promise<Decision>;
}
