import { createWire } from '../grpc/wire.ts';
import { descriptor } from './generated/cri-descriptor.ts';

/** The messages of CRI, and of containerd's events. */
export const wire = createWire(descriptor);
