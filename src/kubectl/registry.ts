import type { Command, CommandEntry, CommandGroup } from './command.ts';

type Module = Promise<{ readonly default: Command }>;

const entry = (name: string, summary: string, load: () => Module, more: Pick<CommandEntry, 'aliases' | 'hidden' | 'suggestFor'> = {}): CommandEntry => ({ name, summary, load: async () => (await load()).default, ...more });

/** Every command of the line, in the order and under the headings in which help lists them. */
export const commandGroups: readonly CommandGroup[] = [
  {
    heading: 'Basic Commands (Beginner)',
    commands: [
      entry('create', 'Create a resource from a file or from stdin', () => import('./commands/create/create.ts')),
      entry('expose', 'Take a replication controller, service, deployment or pod and expose it as a new Kubernetes service', () => import('./commands/expose.ts')),
      entry('run', 'Run a particular image on the cluster', () => import('./commands/run.ts')),
      entry('set', 'Set specific features on objects', () => import('./commands/set/set.ts')),
    ],
  },
  {
    heading: 'Basic Commands (Intermediate)',
    commands: [
      entry('explain', 'Get documentation for a resource', () => import('./commands/explain/explain.ts')),
      entry('get', 'Display one or many resources', () => import('./commands/get/get.ts'), { suggestFor: ['list', 'ls'] }),
      entry('edit', 'Edit a resource on the server', () => import('./commands/edit/edit.ts')),
      entry('delete', 'Delete resources by file names, stdin, resources and names, or by resources and label selector', () => import('./commands/delete.ts'), { suggestFor: ['rm', 'remove'] }),
    ],
  },
  {
    heading: 'Deploy Commands',
    commands: [
      entry('rollout', 'Manage the rollout of a resource', () => import('./commands/rollout/rollout.ts')),
      entry('scale', 'Set a new size for a deployment, replica set, or replication controller', () => import('./commands/scale.ts'), { suggestFor: ['resize'] }),
      entry('autoscale', 'Auto-scale a deployment, replica set, stateful set, or replication controller', () => import('./commands/autoscale.ts')),
    ],
  },
  {
    heading: 'Cluster Management Commands',
    commands: [
      entry('certificate', 'Modify certificate resources', () => import('./commands/certificate/certificate.ts')),
      entry('cluster-info', 'Display cluster information', () => import('./commands/cluster-info/cluster-info.ts')),
      entry('top', 'Display resource (CPU/memory) usage', () => import('./commands/top/top.ts'), { suggestFor: ['stats'] }),
      entry('cordon', 'Mark node as unschedulable', () => import('./commands/nodes/cordon.ts')),
      entry('uncordon', 'Mark node as schedulable', () => import('./commands/nodes/uncordon.ts')),
      entry('drain', 'Drain node in preparation for maintenance', () => import('./commands/nodes/drain.ts')),
      entry('taint', 'Update the taints on one or more nodes', () => import('./commands/taint/taint.ts')),
    ],
  },
  {
    heading: 'Troubleshooting and Debugging Commands',
    commands: [
      entry('describe', 'Show details of a specific resource or group of resources', () => import('./commands/describe/describe.ts'), { suggestFor: ['inspect'] }),
      entry('logs', 'Print the logs for a container in a pod', () => import('./commands/logs/logs.ts')),
      entry('attach', 'Attach to a running container', () => import('./commands/attach.ts')),
      entry('exec', 'Execute a command in a container', () => import('./commands/exec.ts')),
      entry('port-forward', 'Forward one or more local ports to a pod', () => import('./commands/port-forward.ts')),
      entry('proxy', 'Run a proxy to the Kubernetes API server', () => import('./commands/proxy/proxy.ts')),
      entry('cp', 'Copy files and directories to and from containers', () => import('./commands/cp/cp.ts')),
      entry('auth', 'Inspect authorization', () => import('./commands/auth/auth.ts')),
      entry('debug', 'Create debugging sessions for troubleshooting workloads and nodes', () => import('./commands/debug/debug.ts')),
      entry('events', 'List events', () => import('./commands/events.ts')),
      entry('why', 'Say why something is as it is, and how it came to this', () => import('./commands/why.ts')),
    ],
  },
  {
    heading: 'Advanced Commands',
    commands: [
      entry('diff', 'Diff the live version against a would-be applied version', () => import('./commands/diff/diff.ts')),
      entry('apply', 'Apply a configuration to a resource by file name or stdin', () => import('./commands/apply/apply.ts')),
      entry('patch', 'Update fields of a resource', () => import('./commands/patch.ts')),
      entry('replace', 'Replace a resource by file name or stdin', () => import('./commands/replace.ts')),
      entry('wait', 'Wait for a specific condition on one or many resources', () => import('./commands/wait/wait.ts')),
      entry('kustomize', 'Build a kustomization target from a directory', () => import('./commands/kustomize.ts')),
    ],
  },
  {
    heading: 'Settings Commands',
    commands: [
      entry('label', 'Update the labels on a resource', () => import('./commands/label.ts')),
      entry('annotate', 'Update the annotations on a resource', () => import('./commands/annotate.ts')),
      entry('completion', 'Output shell completion code for the specified shell (bash, zsh, fish, or powershell)', () => import('./commands/completion/completion.ts')),
    ],
  },
  {
    heading: 'Other Commands',
    commands: [
      entry('api-resources', 'Print the supported API resources on the server', () => import('./commands/api-resources.ts')),
      entry('api-versions', 'Print the supported API versions on the server, in the form of "group/version"', () => import('./commands/api-versions.ts')),
      entry('config', 'Modify kubeconfig files', () => import('./commands/config/config.ts')),
      entry('kuberc', 'Manage kuberc configuration files', () => import('./commands/kuberc/kuberc.ts')),
      entry('plugin', 'Provides utilities for interacting with plugins', async () => ({ default: (await import('./commands/plugin/plugin.ts')).pluginCommand(commandGroups) })),
      entry('options', 'Print the list of flags inherited by all commands', () => import('./commands/options.ts'), { hidden: true }),
      entry('version', 'Print the client and server version information', () => import('./commands/version.ts')),
    ],
  },
];
