import type { ControlPlane } from './control-plane.ts';
import type { StartOptions } from './cluster.ts';
import type { Pki } from '../pki/pki.ts';

export interface ClusterNodes extends AsyncDisposable {
  readonly real: boolean;
  readonly ready: Promise<void>;
}
export interface Machine { readonly real: boolean }
export async function prepareNode(_options: StartOptions): Promise<Machine> { return { real: false }; }
export async function startNodes(_options: StartOptions & { pki: Pki; controlPlane: ControlPlane; port: number; gateway: string }, machine: Machine): Promise<ClusterNodes> {
  return { real: machine.real, ready: Promise.resolve(), [Symbol.asyncDispose]: () => Promise.resolve() };
}
