import type { Step } from './step.ts';

/** The parts of the pipeline that are made for one server. */
export interface PipelineSteps {
  readonly authenticate: Step;
  readonly impersonate: Step;
  readonly authorize: Step;
  /** Bounds what is worked on at a time: flow control, or plain limits. */
  readonly limit: Step;
  /** Present where tests meddle with requests whose user is known. */
  readonly intercept?: Step;
  /** Present where requests are traced: all of a request, and what the verb does of it. */
  readonly trace?: readonly [request: Step, handler: Step];
  /** Present where requests are recorded: around authentication, and after it. */
  readonly audit?: readonly [unauthenticated: Step, known: Step];
}

/** What every request goes through, in this order, before it is dispatched. */
export function steps({ authenticate, impersonate, authorize, limit, audit, trace, intercept }: PipelineSteps): readonly Step[] {
  const [unauthenticated, known] = audit ?? [];
  const [request, handler] = trace ?? [];
  return [unauthenticated, authenticate, request, known, impersonate, intercept, limit, authorize, handler].filter((step) => step !== undefined);
}
