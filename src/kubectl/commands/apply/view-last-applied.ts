import { command } from '../../command.ts';
import { fileFlags, filesOf, selectorFlag } from '../../flags/common-flags.ts';
import { bool, text } from '../../flags/flags.ts';
import { toGoYaml } from '../../printers/go-yaml.ts';
import { select } from '../../resources/select.ts';
import { usageError } from '../../usage-error.ts';
import { lastAppliedAnnotation } from '../../writes/last-applied.ts';

export default command({
  usage: 'view-last-applied (TYPE [NAME | -l label] | TYPE/NAME | -f FILENAME)',
  description: 'View the latest last-applied-configuration annotations by type/name or file.\n\n The default output will be printed to stdout in YAML format. You can use the -o option to change the output format.',
  examples: `
    # View the last-applied-configuration annotations by type/name in YAML
    kubectl apply view-last-applied deployment/nginx

    # View the last-applied-configuration annotations by file in JSON
    kubectl apply view-last-applied -f deploy.yaml -o json`,
  flags: {
    ...fileFlags, ...selectorFlag,
    all: bool('Select all resources in the namespace of the specified resource types'),
    output: text('Output format. Must be one of (yaml, json)', { short: 'o', initial: 'yaml' }),
  },
  async run({ session, flags, args, path }) {
    const { explicit } = await session.namespace();
    const selected = await select(session, { args, files: filesOf(flags), labelSelector: flags.selector, all: flags.all, typeAlone: explicit, latest: true });
    const texts: string[] = [];
    for await (const { object } of selected.visit()) {
      const applied = object?.metadata?.annotations?.[lastAppliedAnnotation];
      // As upstream, which means to refuse what has none, and passes over it.
      if (applied !== undefined) texts.push(applied);
    }
    for (const applied of texts) {
      if (flags.output !== 'yaml' && flags.output !== 'json') throw usageError(`Unexpected -o output mode: ${flags.output}, the flag 'output' must be one of yaml|json`, path);
      const value = JSON.parse(applied) as Record<string, unknown>;
      // As Go indents: the order of keys stays, and a newline at its end, too.
      await session.io.stdout.write(flags.output === 'yaml' ? toGoYaml(value) : `${JSON.stringify(value, null, 2)}${applied.endsWith('\n') ? '\n' : ''}`);
    }
  },
});
