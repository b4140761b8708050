import { cordoningCommand } from './cordoning.ts';

export default cordoningCommand('uncordon', 'Mark node as schedulable.');
