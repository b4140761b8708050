/** A version of a group that an extension API server serves, as discovery shows it. */
export interface ForeignVersion {
  readonly group: string;
  readonly version: string;
  readonly groupPriority: number;
  readonly versionPriority: number;
  /** False: its server could not be asked; what is known may be out of date. */
  readonly fresh: boolean;
  /** APIResourceDiscovery of apidiscovery.k8s.io/v2, as its server wrote them. */
  readonly resources: readonly object[];
}

/** A part of an extension API server's OpenAPI v3: `apis/wardle.example.com/v1alpha1`, and where it is to be read. */
export interface ForeignOpenApiPart {
  readonly name: string;
  readonly serverRelativeUrl: string;
}

/** What is served by others, for the documents of discovery and OpenAPI. Lists are new ones whenever something has changed. */
export interface ForeignApis {
  readonly versions: readonly ForeignVersion[];
  /** Swagger 2.0 documents of their servers. */
  readonly swagger: readonly ForeignSwagger[];
  readonly openApiParts: readonly ForeignOpenApiPart[];
  /** How a group of this server's own stands among others, and a version in its group. */
  priorityOf(group: string, version: string): { readonly group: number; readonly version: number };
}

export interface ForeignSwagger {
  readonly paths: Readonly<Record<string, object>>;
  readonly definitions: Readonly<Record<string, object>>;
}

export const noForeignApis: ForeignApis = { versions: [], swagger: [], openApiParts: [], priorityOf: () => ({ group: 0, version: 0 }) };
