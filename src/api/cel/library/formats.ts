import { dns1035Label, dns1123Label, dns1123Subdomain, labelValue, qualifiedName, validateName } from '../../meta/validation.ts';
import { as, asString } from '../runtime/arguments.ts';
import { parseDate, parseTimestamp } from '../runtime/time.ts';
import { CelObject, Optional, optionalNone, ValueList } from '../runtime/values.ts';
import { member, overload, type Library } from '../language/declarations.ts';
import { listOf, optionalOf, STRING } from '../language/types.ts';
import { parseUrl } from './urls.ts';
import { FORMAT } from './values.ts';

/** What `format.dns1123Label()` makes. */
export class FormatValue extends CelObject {
  readonly typeName = FORMAT.name;
  readonly name: string;
  readonly validate: (text: string) => string[];
  /** What a check is charged for, as if it were a pattern of this length. */
  readonly maxPatternSize: number;
  constructor(name: string, validate: (text: string) => string[], maxPatternSize: number) {
    super();
    this.name = name;
    this.validate = validate;
    this.maxPatternSize = maxPatternSize;
  }
  override equals(other: CelObject): boolean {
    return other instanceof FormatValue && other.name === this.name;
  }
}

const either = (valid: boolean, message: string): string[] => (valid ? [] : [message]);
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/;
const uuid = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

const formats: readonly FormatValue[] = [
  new FormatValue('dns1123Label', dns1123Label, 30),
  new FormatValue('dns1123Subdomain', dns1123Subdomain, 60),
  new FormatValue('dns1035Label', dns1035Label, 30),
  new FormatValue('qualifiedName', qualifiedName, 60),
  new FormatValue('dns1123LabelPrefix', (text) => validateName('dns-1123-label', text, { prefix: true }), 30),
  new FormatValue('dns1123SubdomainPrefix', (text) => validateName('dns-1123-subdomain', text, { prefix: true }), 60),
  new FormatValue('dns1035LabelPrefix', (text) => validateName('dns-1035-label', text, { prefix: true }), 30),
  new FormatValue('labelValue', labelValue, 40),
  new FormatValue('uri', (text) => {
    const parsed = parseUrl(text);
    return typeof parsed === 'string' ? [parsed] : [];
  }, 1103),
  new FormatValue('uuid', (text) => either(uuid.test(text), 'does not match the UUID format'), 70),
  new FormatValue('byte', (text) => either(base64.test(text), 'invalid base64'), 84),
  new FormatValue('date', (text) => either(parseDate(text) !== undefined, 'invalid date'), 71),
  new FormatValue('datetime', (text) => either(parseTimestamp(text) !== undefined, 'invalid datetime'), 71),
];

/** Kubernetes' named formats. */
export const formatLibrary: Library = {
  validate: [member('format-validate', [FORMAT, STRING], optionalOf(listOf(STRING)), (format, text) => {
    const messages = as(FormatValue, format).validate(asString(text));
    return messages.length === 0 ? optionalNone : new Optional(new ValueList(messages));
  })],
  'format.named': [overload('format-named', [STRING], optionalOf(FORMAT), (name) => {
    const found = formats.find((one) => one.name === asString(name));
    return found === undefined ? optionalNone : new Optional(found);
  })],
  ...Object.fromEntries(formats.map((format) => [`format.${format.name}`, [overload(`format.${format.name}`, [], FORMAT, () => format)]])),
};
