/** One named part of /livez and /readyz. Throws, or rejects, when it is not healthy. */
export interface HealthCheck {
  readonly name: string;
  check(): void | Promise<void>;
}
