import { cordoningCommand } from './cordoning.ts';

export default cordoningCommand('cordon', 'Mark node as unschedulable.');
