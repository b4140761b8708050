/** What shells are told so that they ask `kubectl __complete`. The last line of its answer is `:` and a number: 4 says that file names are no answer. */
export const scripts = {
  bash: `# bash completion for kubectl
__kubectl_complete() {
  local words=("\${COMP_WORDS[@]:1:COMP_CWORD}") out directive
  [[ $COMP_CWORD -ge \${#COMP_WORDS[@]} ]] && words+=("")
  out=$("\${COMP_WORDS[0]}" __completeNoDesc "\${words[@]}" 2>/dev/null) || return
  directive=\${out##*:}
  out=\${out%:*}
  local current=\${COMP_WORDS[COMP_CWORD]} IFS=$'\\n'
  COMPREPLY=($(compgen -W "$out" -- "$current"))
  if [[ $directive == 4 ]]; then compopt +o default 2>/dev/null; fi
  if [[ \${#COMPREPLY[@]} -eq 1 && ( \${COMPREPLY[0]} == */ || \${COMPREPLY[0]} == *: ) ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -o default -F __kubectl_complete kubectl
`,
  zsh: `#compdef kubectl
compdef _kubectl kubectl

_kubectl() {
  local -a lines described
  local directive line
  lines=("\${(@f)$(\${words[1]} __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  directive=\${lines[-1]#:}
  for line in "\${(@)lines[1,-2]}"; do
    [[ -n $line ]] && described+=("\${\${line%%$'\\t'*}//:/\\\\:}\${\${line#*$'\\t'}:+:\${line#*$'\\t'}}")
  done
  (( \${#described} )) && _describe 'kubectl' described
  [[ $directive == 0 ]] && _files
}

if [ "$funcstack[1]" = "_kubectl" ]; then _kubectl; fi
`,
  fish: `# fish completion for kubectl
function __kubectl_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  for line in (kubectl __complete $words[2..-1] "$current" 2>/dev/null)
    string match -q -r '^:\\d+$' -- $line; or echo $line
  end
end
complete -c kubectl -f -a '(__kubectl_complete)'
`,
  powershell: `# powershell completion for kubectl
Register-ArgumentCompleter -Native -CommandName 'kubectl' -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })
  if ($wordToComplete -eq '') { $words += '' }
  & kubectl __complete @words 2>$null | Where-Object { $_ -notmatch '^:\\d+$' } | ForEach-Object {
    $name, $description = $_ -split "\`t", 2
    [System.Management.Automation.CompletionResult]::new($name, $name, 'ParameterValue', $(if ($description) { $description } else { $name }))
  }
}
`,
} as const;
