import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../../base/logger.ts';
import type { Attributes, Decision } from '../../authorization/authorizer.ts';
import type { AdmissionMetrics } from '../../metrics/admission.ts';
import type { CallParts } from './call-webhook.ts';
import type { MatchParts } from './match.ts';

/** What plug-ins that call webhooks are made from. */
export interface WebhookPluginParts extends MatchParts, CallParts {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly admissionMetrics: AdmissionMetrics;
  authorize(attributes: Attributes): Decision | Promise<Decision>;
}
