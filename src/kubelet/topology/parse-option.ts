const truths: ReadonlyMap<string, boolean> = new Map([['1', 't', 'T', 'TRUE', 'true', 'True'], ['0', 'f', 'F', 'FALSE', 'false', 'False']].flatMap((texts, index) => texts.map((text): [string, boolean] => [text, index === 0])));

/** The value of a policy's option, as Go reads it. Throws an Error for what is none. */
export function parseBoolean(option: string, text: string): boolean {
  const parsed = truths.get(text);
  if (parsed === undefined) throw new Error(`bad value for option ${JSON.stringify(option)}: strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
  return parsed;
}
