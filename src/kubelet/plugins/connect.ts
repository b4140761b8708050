import type { Clock } from '../../base/clock.ts';
import { GrpcCalls } from '../../runtime/grpc/calls.ts';
import { GrpcChannel } from '../../runtime/grpc/channel.ts';
import type { Wire } from '../../runtime/grpc/wire.ts';
import type { Methods as CsiMethods } from './generated/csi.ts';
import { methods as csi } from './generated/csi.ts';
import type { Methods as DeviceMethods } from './generated/device-plugin.ts';
import { methods as devices } from './generated/device-plugin.ts';
import type { Methods as RegistrationMethods } from './generated/plugin-registration.ts';
import { methods as registration } from './generated/plugin-registration.ts';

/** Messages are read and written by what a plugin's first call loads. */
const wires = {
  csi: async (): Promise<Wire> => (await import('./wires.ts')).csiWire(),
  devices: async (): Promise<Wire> => (await import('./wires.ts')).deviceWire(),
  registration: async (): Promise<Wire> => (await import('./wires.ts')).registrationWire(),
};

interface Endpoint { readonly socketPath: string; readonly clock: Clock }

/** The node side of a CSI driver. */
export const connectCsi = (endpoint: Endpoint): GrpcCalls<CsiMethods> => new GrpcCalls<CsiMethods>(new GrpcChannel({ ...endpoint, loadWire: wires.csi }), csi);
/** A device plugin. */
export const connectDevicePlugin = (endpoint: Endpoint): GrpcCalls<DeviceMethods> => new GrpcCalls<DeviceMethods>(new GrpcChannel({ ...endpoint, loadWire: wires.devices }), devices);
/** Any plugin that registers by a socket in `plugins_registry`. */
export const connectRegistration = (endpoint: Endpoint): GrpcCalls<RegistrationMethods> => new GrpcCalls<RegistrationMethods>(new GrpcChannel({ ...endpoint, loadWire: wires.registration }), registration);
