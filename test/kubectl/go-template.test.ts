import { describeSame } from './compare.ts';

/** Templates whose output is upstream's, byte for byte. */
const templates = [
  '{{.metadata.name}}', '{{range .items}}{{.metadata.name}} {{end}}', '{{range $i, $p := .items}}{{$i}}={{$p.kind}};{{else}}none{{end}}', '{{.nope}}', '{{.nope.deeper}}', '{{if .metadata.labels}}yes{{else}}no{{end}}', '{{with .spec}}{{.replicas}}{{end}}', '{{len .metadata.labels}}', '{{index .metadata.labels "app"}}', '{{index .spec.template.spec.containers 0}}', '{{(index .spec.template.spec.containers 0).image}}',
  '{{printf "%s-%d|%5s|%-5s|%q" .metadata.name 3 "a" "b" "c"}}', '{{.metadata.name | printf "%s!"}}', '{{.metadata.name | len}}', '{{eq .metadata.name "web"}}{{ne 1 2}}{{lt 1 2}}{{ge 2 2}}', '{{and true 0}}{{or "" "x"}}{{not true}}', '{{/* nothing */}}x', '{{- " a " -}}  b', '{{"a"}}{{`b`}}{{true}}{{print nil}}', '{{html "<a>"}}{{js "it\'s"}}{{urlquery "a b&c"}}', '{{base64decode "YWJj"}}', '{{define "t"}}[{{.}}]{{end}}{{template "t" .metadata.name}}',
  '{{block "t" .kind}}{{.}}{{end}}', '{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}', '{{range $k, $v := .metadata.labels}}{{$k}}={{$v}}{{end}}', '{{.spec.replicas}}', '{{.metadata.labels}}', '{{.spec.template.spec.containers}}', '{{slice "abcdef" 1 3}}', '{{println "a" 1}}', '{{if eq .kind "Pod"}}p{{else if eq .kind "Deployment"}}d{{else}}?{{end}}', '{{range .status.conditions}}{{if eq .type "Progressing"}}{{continue}}{{end}}{{.type}}{{end}}',
  '{{exists . "metadata" "name"}}{{exists . "nope" "x"}}', '{{print 1 2 "a" "b" 3}}', '{{range $i, $e := .spec.template.spec.containers}}{{if $i}}, {{end}}{{$e.name}}{{end}}{{"\\n"}}', '{{.metadata.generation}} {{.spec.progressDeadlineSeconds}}',
] as const;

describeSame('kubectl -o go-template, beside upstream\'s', {
  name: 'go-template',
  lines: templates.map((title, i) => ({ title, line: `get deployment web -o go-template-file=template${i}` })),
  async setUp(comparison) {
    comparison.files(Object.fromEntries(templates.map((template, i) => [`template${i}`, template])));
    await comparison.prepare('create deployment web --image=nginx');
    await comparison.prepare('rollout status deployment web');
  },
});
