import { limitInFlight } from './limit-in-flight.ts';
import type { Step } from './step.ts';

/** The parts of the pipeline that are made for one server. */
export interface PipelineSteps {
  readonly authenticate: Step;
  readonly impersonate: Step;
  readonly authorize: Step;
  readonly maxInFlight: { readonly reading: number; readonly writing: number };
}

/** What every request goes through, in this order, before it is dispatched. */
export function steps({ authenticate, impersonate, authorize, maxInFlight }: PipelineSteps): readonly Step[] {
  return [authenticate, impersonate, limitInFlight(maxInFlight), authorize];
}
