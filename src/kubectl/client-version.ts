/** Of Kubernetes, whose command line this is. */
export const clientVersion = { major: '1', minor: '36', gitVersion: 'v1.36.0' } as const;

/** What a server says of itself. */
export interface ServerVersion { readonly major?: string; readonly minor?: string; readonly gitVersion?: string }

/** The release, without what a distribution adds to it: v1.36.0 of v1.36.0+coxswain. */
export const releaseOf = (gitVersion: string): string => gitVersion.replace(/[+].*$/, '');
