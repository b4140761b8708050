import { pausingCommand } from './pausing.ts';

export default pausingCommand('pause', 'Mark the provided resource as paused.\n\n Paused resources will not be reconciled by a controller. Use "kubectl rollout resume" to resume a paused resource. Currently only deployments support being paused.');
