/** What probes say of a running container. */
export interface ProbeVerdicts {
  liveness(containerId: string): boolean | undefined;
  startup(containerId: string): boolean | undefined;
  /** Has it passed its startup probe, or has it none? */
  started(containerId: string): boolean;
}
