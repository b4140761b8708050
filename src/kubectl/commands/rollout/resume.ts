import { pausingCommand } from './pausing.ts';

export default pausingCommand('resume', 'Resume a paused resource.\n\n Paused resources will not be reconciled by a controller. By resuming a resource, we allow it to be reconciled again. Currently only deployments support being resumed.');
