import type { Step } from './step.ts';

/** The parts of the pipeline that are made for one server. */
export interface PipelineSteps {
  readonly authenticate: Step;
  readonly impersonate: Step;
  readonly authorize: Step;
  /** Bounds what is worked on at a time: flow control, or plain limits. */
  readonly limit: Step;
}

/** What every request goes through, in this order, before it is dispatched. */
export function steps({ authenticate, impersonate, authorize, limit }: PipelineSteps): readonly Step[] {
  return [authenticate, impersonate, limit, authorize];
}
