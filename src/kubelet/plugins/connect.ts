import type { Clock } from '../../base/clock.ts';
import { GrpcCalls } from '../../runtime/grpc/calls.ts';
import type { GrpcMethod } from '../../runtime/grpc/channel.ts';
import { GrpcChannel } from '../../runtime/grpc/channel.ts';
import type { Wire } from '../../runtime/grpc/wire.ts';
import type { Methods as CsiMethods } from './generated/csi.ts';
import { methods as csi } from './generated/csi.ts';
import type { Methods as DeviceMethods } from './generated/device-plugin.ts';
import { methods as devices } from './generated/device-plugin.ts';
import type { Methods as DraHealthMethods } from './generated/dra-health.ts';
import { methods as draHealth } from './generated/dra-health.ts';
import type { Methods as DraMethods } from './generated/dra-plugin.ts';
import { methods as dra } from './generated/dra-plugin.ts';
import type { Methods as RegistrationMethods } from './generated/plugin-registration.ts';
import { methods as registration } from './generated/plugin-registration.ts';

/** Messages are read and written by what a plugin's first call loads. */
const wires = {
  csi: async (): Promise<Wire> => (await import('./wires.ts')).csiWire(),
  devices: async (): Promise<Wire> => (await import('./wires.ts')).deviceWire(),
  dra: async (): Promise<Wire> => (await import('./wires.ts')).draWire(),
  draHealth: async (): Promise<Wire> => (await import('./wires.ts')).draHealthWire(),
  registration: async (): Promise<Wire> => (await import('./wires.ts')).registrationWire(),
};

interface Endpoint { readonly socketPath: string; readonly clock: Clock }

/** The node side of a CSI driver. */
export const connectCsi = (endpoint: Endpoint): GrpcCalls<CsiMethods> => new GrpcCalls<CsiMethods>(new GrpcChannel({ ...endpoint, loadWire: wires.csi }), csi);
/** A device plugin. */
export const connectDevicePlugin = (endpoint: Endpoint): GrpcCalls<DeviceMethods> => new GrpcCalls<DeviceMethods>(new GrpcChannel({ ...endpoint, loadWire: wires.devices }), devices);
/** The services that drivers of dynamic resources may offer, the newest first, as they name them when they register. */
export const draServices = ['v1.DRAPlugin', 'v1beta1.DRAPlugin'] as const;
export type DraService = (typeof draServices)[number];

/** The older service has the same messages under another package's name. */
const older = ([path, request, response]: GrpcMethod): GrpcMethod => [path.replace('.v1.', '.v1beta1.'), request, response];
/** The calls of each service. */
export const draMethods: Readonly<Record<DraService, Readonly<Record<keyof DraMethods, GrpcMethod>>>> = {
  'v1.DRAPlugin': dra,
  'v1beta1.DRAPlugin': { NodePrepareResources: older(dra.NodePrepareResources), NodeUnprepareResources: older(dra.NodeUnprepareResources) },
};

/** A driver of dynamic resources. */
export const connectDra = (endpoint: Endpoint, service: DraService): GrpcCalls<DraMethods> => new GrpcCalls<DraMethods>(new GrpcChannel({ ...endpoint, loadWire: wires.dra }), draMethods[service]);

/** What such a driver may say of its devices. */
export const connectDraHealth = (endpoint: Endpoint): GrpcCalls<DraHealthMethods> => new GrpcCalls<DraHealthMethods>(new GrpcChannel({ ...endpoint, loadWire: wires.draHealth }), draHealth);
/** Any plugin that registers by a socket in `plugins_registry`. */
export const connectRegistration = (endpoint: Endpoint): GrpcCalls<RegistrationMethods> => new GrpcCalls<RegistrationMethods>(new GrpcChannel({ ...endpoint, loadWire: wires.registration }), registration);
