/**
 * Replaces `$(NAME)` by the variable's value; `$$` escapes a dollar, and a reference to an unknown variable stays as it
 * is written (k8s.io/kubernetes/third_party/forked/golang/expansion).
 */
export function expand(text: string, lookUp: (name: string) => string | undefined): string {
  let result = '';
  let index = 0;
  while (index < text.length) {
    const dollar = text.indexOf('$', index);
    if (dollar < 0 || dollar + 1 >= text.length) break;
    result += text.slice(index, dollar);
    const next = text[dollar + 1]!;
    if (next === '$') {
      result += '$';
      index = dollar + 2;
      continue;
    }
    if (next === '(') {
      const end = text.indexOf(')', dollar + 2);
      if (end >= 0) {
        const name = text.slice(dollar + 2, end);
        result += lookUp(name) ?? `$(${name})`;
        index = end + 1;
        continue;
      }
      result += '$(';
      index = dollar + 2;
      continue;
    }
    result += `$${next}`;
    index = dollar + 2;
  }
  return result + text.slice(index);
}
