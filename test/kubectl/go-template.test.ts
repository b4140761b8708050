import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Comparison } from './compare.ts';

/** Templates whose output is upstream's, byte for byte. */
const templates = [
  '{{.metadata.name}}', '{{range .items}}{{.metadata.name}} {{end}}', '{{range $i, $p := .items}}{{$i}}={{$p.kind}};{{else}}none{{end}}', '{{.nope}}', '{{.nope.deeper}}', '{{if .metadata.labels}}yes{{else}}no{{end}}', '{{with .spec}}{{.replicas}}{{end}}', '{{len .metadata.labels}}', '{{index .metadata.labels "app"}}', '{{index .spec.template.spec.containers 0}}', '{{(index .spec.template.spec.containers 0).image}}',
  '{{printf "%s-%d|%5s|%-5s|%q" .metadata.name 3 "a" "b" "c"}}', '{{.metadata.name | printf "%s!"}}', '{{.metadata.name | len}}', '{{eq .metadata.name "web"}}{{ne 1 2}}{{lt 1 2}}{{ge 2 2}}', '{{and true 0}}{{or "" "x"}}{{not true}}', '{{/* nothing */}}x', '{{- " a " -}}  b', '{{"a"}}{{`b`}}{{true}}{{print nil}}', '{{html "<a>"}}{{js "it\'s"}}{{urlquery "a b&c"}}', '{{base64decode "YWJj"}}', '{{define "t"}}[{{.}}]{{end}}{{template "t" .metadata.name}}',
  '{{block "t" .kind}}{{.}}{{end}}', '{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}', '{{range $k, $v := .metadata.labels}}{{$k}}={{$v}}{{end}}', '{{.spec.replicas}}', '{{.metadata.labels}}', '{{.spec.template.spec.containers}}', '{{slice "abcdef" 1 3}}', '{{println "a" 1}}', '{{if eq .kind "Pod"}}p{{else if eq .kind "Deployment"}}d{{else}}?{{end}}', '{{range .status.conditions}}{{if eq .type "Progressing"}}{{continue}}{{end}}{{.type}}{{end}}',
  '{{exists . "metadata" "name"}}{{exists . "nope" "x"}}', '{{print 1 2 "a" "b" 3}}', '{{range $i, $e := .spec.template.spec.containers}}{{if $i}}, {{end}}{{$e.name}}{{end}}{{"\\n"}}', '{{.metadata.generation}} {{.spec.progressDeadlineSeconds}}',
] as const;

describe('kubectl -o go-template, beside upstream\'s', () => {
  let comparison: Comparison | { readonly missing: string };

  before(async () => {
    comparison = await Comparison.start();
    if ('missing' in comparison) return;
    await comparison.theirs('create deployment web --image=nginx');
    await comparison.theirs('rollout status deployment web');
  });
  after(async () => { if (!('missing' in comparison)) await comparison[Symbol.asyncDispose](); });

  for (const template of templates) {
    test(template, async (t) => {
      if ('missing' in comparison) return t.skip(comparison.missing);
      writeFileSync(join(comparison.folder, 'template'), template);
      await comparison.same('get deployment web -o go-template-file=template');
    });
  }
});
