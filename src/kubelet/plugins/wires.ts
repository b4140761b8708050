import type { Wire } from '../../runtime/grpc/wire.ts';
import { createWire } from '../../runtime/grpc/wire.ts';
import { descriptor as csi } from './generated/csi.ts';
import { descriptor as devicePlugin } from './generated/device-plugin.ts';
import { descriptor as draHealth } from './generated/dra-health.ts';
import { descriptor as draPlugin } from './generated/dra-plugin.ts';
import { descriptor as registration } from './generated/plugin-registration.ts';
import { descriptor as podResources } from './generated/pod-resources.ts';

function once(make: () => Wire): () => Wire {
  let made: Wire | undefined;
  return () => (made ??= make());
}

/** Messages of each interface, read from their descriptions when they are first needed. */
export const csiWire = once(() => createWire(csi));
export const deviceWire = once(() => createWire(devicePlugin));
export const draWire = once(() => createWire(draPlugin));
export const draHealthWire = once(() => createWire(draHealth));
export const registrationWire = once(() => createWire(registration));
export const podResourcesWire = once(() => createWire(podResources));
