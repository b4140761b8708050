import { text } from '../../flags/flags.ts';
import { generatedCommand } from './generated.ts';
import { jobSpec } from './job.ts';

export default generatedCommand({
  usage: 'cronjob NAME --image=image --schedule=\'0/5 * * * ?\' -- [COMMAND] [args...]',
  aliases: ['cj'],
  failure: 'failed to create cronjob: ',
  description: 'Create a cron job with the specified name.',
  examples: `
    # Create a cron job with a command
    kubectl create cronjob my-job --image=busybox --schedule="*/1 * * * *" -- date`,
  flags: {
    image: text('Image name to run.', { required: true }),
    restart: text('job\'s restart policy. supported values: OnFailure, Never'),
    schedule: text('A schedule in the Cron format the job should be run with.', { required: true }),
  },
  make: ({ flags: { image, restart, schedule }, args }, name) => ({
    apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name },
    spec: { jobTemplate: { metadata: { name }, spec: jobSpec({ name, image, command: args.slice(1), restartPolicy: restart === '' ? 'OnFailure' : restart }) }, schedule },
    status: {},
  }),
});
