/** The formats of strings that upstream checks (kube-openapi's strfmt), under their names without dashes. */
import { parseCidr, parseIp } from '../meta/ip.ts';
import { byteLength } from '../meta/validation.ts';
import { isEmail } from './email-format.ts';
import { isRequestUri } from './uri-format.ts';

type Check = (text: string) => boolean;

const matches = (pattern: RegExp): Check => (text) => pattern.test(text);
const hex = (digits: number): string => `[0-9a-f]{${digits}}`;
const uuid = (third: string, fourth: string): Check => matches(new RegExp(`^${hex(8)}-?${hex(4)}-?${third}-?${fourth}-?${hex(12)}$`, 'i'));

const isLongest = (text: string, max: number): boolean => text.length <= max && byteLength(text) <= max;
const hostLabel = /^[a-zA-Z0-9\p{S}\p{L}](?:[a-zA-Z0-9\p{S}\p{L}-]{0,61}[a-zA-Z0-9\p{S}\p{L}])?$/u;
const singleLabel = /^[a-zA-Z0-9\p{S}\p{L}]-?[a-zA-Z0-9\p{S}\p{L}]{0,62}$/u;
const topLabel = /^[a-zA-Z\p{L}]{2,63}$/u;

function isHostname(text: string): boolean {
  if (!isLongest(text, 255)) return false;
  const labels = text.split('.');
  if (!labels.every((label) => byteLength(label) <= 63)) return false;
  return labels.length === 1 ? singleLabel.test(text) : topLabel.test(labels.at(-1)!) && labels.slice(0, -1).every((label) => hostLabel.test(label));
}

const dateShape = /^\d{4}-\d\d-\d\d$/;
const timeShape = /^\d\d:\d\d:\d\d(?:.\d+)?(?:z|[+-]\d\d:\d\d)$/;
const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isDate(text: string): boolean {
  if (!dateShape.test(text)) return false;
  const year = Number(text.slice(0, 4));
  const month = Number(text.slice(5, 7));
  const day = Number(text.slice(8));
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 1 : 0;
  return day >= 1 && day <= (monthDays[month - 1] ?? 0) + leap;
}

/** Upstream cuts at every `t`, whatever its case, and looks at the first two parts. */
function isDateTime(text: string): boolean {
  const [date = '', time = ''] = text.toLowerCase().split('t', 2);
  return isDate(date) && timeShape.test(time) && time.slice(0, 2) <= '23' && time.slice(3, 5) <= '59' && time.slice(6, 8) <= '59';
}

const goDuration = /^[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/;
const durationUnits: readonly (readonly string[])[] = [['ns'], ['us', 'µs'], ['ms'], ['s'], ['m'], ['h', 'hr'], ['d'], ['w', 'wk']];
/** Any word that starts so is a unit too. */
const durationStems = ['nano', 'micro', 'milli', 'sec', 'min', 'hour', 'day', 'week'];

/** Durations as Go writes them, or as Scala does (`3 days`); a text that has one somewhere is one. */
function isDuration(text: string): boolean {
  if (text.length <= 1000 && goDuration.test(text)) return true;
  let found = false;
  for (const [, digits = '', word = ''] of text.matchAll(/(?<!\d)(\d+)\s*([A-Za-zµ]+)/g)) {
    if (Number(digits) >= 2 ** 63) return false;
    const unit = word.toLowerCase();
    found ||= durationUnits.some((names) => names.includes(unit)) || durationStems.some((stem) => unit.startsWith(stem));
  }
  return found;
}

function isMac(text: string): boolean {
  const dotted = /^[0-9a-f]{4}(?:\.[0-9a-f]{4})+$/i.test(text);
  const paired = /^[0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2})*$/i.test(text);
  const bytes = text.replace(/[:.-]/g, '').length / 2;
  return text.length < 60 && (dotted || paired) && (bytes === 6 || bytes === 8 || bytes === 20);
}

const creditCard = /^(?:4\d{12}(?:\d{3})?|5[1-5]\d{14}|6(?:011|5\d\d)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|(?:2131|1800|35\d{3})\d{11})$/;

function isCreditCard(text: string): boolean {
  const digits = text.replace(/[^0-9]+/g, '');
  if (!creditCard.test(digits)) return false;
  const sum = Array.from(digits).reverse().reduce((total, digit, i) => {
    const value = Number(digit) * (i % 2 === 0 ? 1 : 2);
    return total + (value >= 10 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

const plainIsbn = (text: string): string => text.replace(/[\s-]+/g, '');

function isIsbn10(text: string): boolean {
  const plain = plainIsbn(text);
  if (!/^(?:\d{9}X|\d{10})$/.test(plain)) return false;
  const sum = Array.from(plain).reduce((total, digit, i) => total + (i + 1) * (digit === 'X' ? 10 : Number(digit)), 0);
  return sum % 11 === 0;
}

function isIsbn13(text: string): boolean {
  const plain = plainIsbn(text);
  if (!/^\d{13}$/.test(plain)) return false;
  const sum = Array.from(plain.slice(0, 12)).reduce((total, digit, i) => total + (i % 2 === 0 ? 1 : 3) * Number(digit), 0);
  return Number(plain[12]) === (10 - (sum % 10)) % 10;
}

const colorPart = '\\s*(?:0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])\\s*';
const shortName = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;

const checks: Readonly<Record<string, Check>> = {
  bsonobjectid: matches(/^[0-9a-f]{24}$/i),
  uri: isRequestUri,
  email: isEmail,
  hostname: isHostname,
  ipv4: (text) => text.includes('.') && parseIp(text) !== undefined,
  ipv6: (text) => text.includes(':') && parseIp(text)?.leadingZeros === false,
  cidr: (text) => parseCidr(text) !== undefined,
  mac: isMac,
  uuid: uuid(hex(4), hex(4)),
  uuid3: uuid(`3${hex(3)}`, hex(4)),
  uuid4: uuid(`4${hex(3)}`, `[89ab]${hex(3)}`),
  uuid5: uuid(`5${hex(3)}`, `[89ab]${hex(3)}`),
  isbn: (text) => isIsbn10(text) || isIsbn13(text),
  isbn10: isIsbn10,
  isbn13: isIsbn13,
  creditcard: isCreditCard,
  ssn: matches(/^\d{3}[- ]\d{2}[- ]\d{4}$/),
  hexcolor: matches(/^#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/),
  rgbcolor: matches(new RegExp(`^rgb\\(${colorPart},${colorPart},${colorPart}\\)$`)),
  byte: (text) => text !== '' && text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text),
  password: () => true,
  date: isDate,
  duration: isDuration,
  datetime: isDateTime,
  k8sshortname: (text) => text.length <= 63 && shortName.test(text),
  k8slongname: (text) => text.length <= 253 && text.split('.').every((part) => shortName.test(part)),
};

/** The check of a format; undefined for one that upstream does not know, which it ignores. */
export function stringFormat(format: string): Check | undefined {
  const name = format.replaceAll('-', '');
  return Object.hasOwn(checks, name) ? checks[name] : undefined;
}
