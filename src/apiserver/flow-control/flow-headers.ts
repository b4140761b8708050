/** What clients are told of how a request was classified: uids, so that names stay the administrator's. */
export interface FlowHeaders {
  readonly schemaUid: string;
  readonly levelUid: string;
}
