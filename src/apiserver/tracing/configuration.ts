import type { FieldError } from '../../api/field-error.ts';
import { formatFieldError, invalid } from '../../api/field-error.ts';

export interface TracingConfiguration {
  /** `host:port` of a collector that speaks OTLP over gRPC. */
  readonly endpoint: string;
  /** Of the requests that come without a trace; 0: none of them. */
  readonly samplingRatePerMillion: number;
}

const versions: readonly string[] = ['apiserver.config.k8s.io/v1', 'apiserver.config.k8s.io/v1beta1', 'apiserver.config.k8s.io/v1alpha1'];

/** Reads a TracingConfiguration that was parsed from YAML, checked as upstream checks it. Throws an Error for people. */
export function parseTracingConfiguration(document: unknown): TracingConfiguration {
  const { apiVersion = '', kind, endpoint = 'localhost:4317', samplingRatePerMillion = 0 } = (document ?? {}) as { readonly apiVersion?: string; readonly kind?: string; readonly endpoint?: string; readonly samplingRatePerMillion?: number };
  if (kind !== 'TracingConfiguration' || !versions.includes(apiVersion)) throw new Error(`wants kind TracingConfiguration of ${versions[0]}, not ${kind ?? 'nothing'} of ${apiVersion === '' ? 'nothing' : apiVersion}`);
  const errors: FieldError[] = [];
  if (typeof samplingRatePerMillion !== 'number' || samplingRatePerMillion < 0) errors.push(invalid('samplingRatePerMillion', samplingRatePerMillion, 'sampling rate must be positive'));
  else if (samplingRatePerMillion > 1_000_000) errors.push(invalid('samplingRatePerMillion', samplingRatePerMillion, 'sampling rate per million must be less than or equal to one million'));
  if (typeof endpoint !== 'string' || endpoint === '' || /[/@?#\s]/.test(endpoint.replace(/^https?:\/\//, ''))) errors.push(invalid('endpoint', endpoint, 'endpoint is invalid: wants host:port'));
  if (errors.length > 0) throw new Error(errors.map(formatFieldError).join('; '));
  return { endpoint: endpoint.replace(/^https?:\/\//, ''), samplingRatePerMillion };
}
