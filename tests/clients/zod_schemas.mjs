// Random schemas, values that almost fit them, and the same schema in zod's words. `differences` has, by name, where the
// two differ on purpose: such values are not made. The guide says why.
import fc from 'fast-check';
import { z } from 'zod';

const points = (s) => [...s].length;
const rfc3986 = /^[a-z][a-z0-9+.-]*:(?:[\w\-.~!$&'()*+,;=:@/?#[\]]|%[0-9a-f]{2})*$/i;
const plainUrl = /^https?:\/\/(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z](?:[a-z0-9-]*[a-z0-9])?(?::\d{1,4})?(?:[/?#][^[\]#]*(?:#[^[\]#]*)?)?$/i;

export const differences = {
  'no-nul': { kinds: 'any text', here: (s) => s.includes('\0') },
  'mail-length': { kinds: 'email', here: (s) => s.length > 254 || s.indexOf('@') > 64 },
  'mail-dots': { kinds: 'email', here: (s) => /^\.|\.\.|\.@/.test(s) },
  'mail-host': { kinds: 'email', here: (s) => !/@[^@]*\.[^@.]*[a-z][^@.]*$/i.test(s) },
  'url-repaired': { kinds: 'url', here: (s) => !rfc3986.test(s) && URL.canParse(s.trim()) },
  'url-host': { kinds: 'url', here: (s) => /^https?:/i.test(s) && !plainUrl.test(s) },
  'url-length': { kinds: 'url', here: (s) => s.length > 2048 },
  'host-dot-at-end': { kinds: 'hostname', here: (s) => s.endsWith('.') },
  'time-case': { kinds: 'time', here: (s) => /[tz]/.test(s) },
  'year-0': { kinds: 'date time', here: (s) => s.startsWith('0000') },
  'duration-years-months': { kinds: 'duration', here: (s) => /^P[^T]*[YM]/.test(s) },
  'duration-comma': { kinds: 'duration', here: (s) => s.includes(',') },
  'duration-seven-digits': { kinds: 'duration', here: (s) => /\.\d{7}/.test(s) },
  'beyond-most': { kinds: 'list map', here: () => false },
  'count-after-issue': { kinds: 'list map', here: () => false },
  'length-in-points': { kinds: 'text', here: () => false },
  'at-most-64': { kinds: 'any', here: () => false },
  'unique-by-value': { kinds: 'time duration uuid', here: () => false },
  'json-null': { kinds: 'json', here: () => false },
  'uuid-version': { kinds: 'uuid', here: () => false },
  'duration-beyond': { kinds: 'duration', here: (s) => /\d{8}/.test(s.replace(/\.\d*/, '')) },
};

function differs(kind, s) {
  return Object.values(differences).some((d) => (d.kinds === 'any text' || d.kinds.split(' ').includes(kind)) && d.here(s));
}

// ---- zod ----

const asciiLower = (s) => s.replace(/[A-Z]/g, (c) => c.toLowerCase());
const asciiUpper = (s) => s.replace(/[a-z]/g, (c) => c.toUpperCase());

function decimalFits(s, precision, scale) {
  const m = /^-?(0|[1-9]\d*)(?:\.(\d+))?$/.exec(s);
  return !!m && (m[1] === '0' ? 0 : m[1].length) <= precision - scale && (m[2] ?? '').length <= scale;
}

const formats = {
  text: () => z.string(),
  literal: (d) => z.literal(d.literal),
  word: (d) => z.enum(d.words),
  email: () => z.email({ pattern: z.regexes.html5Email }),
  slug: () => z.string().regex(/^(?!-)[a-z0-9-]*$/).regex(/(?<!-)$/),
  url: () => z.url({ protocol: /^https?$/ }),
  hostname: () => z.hostname(),
  ip: () => z.union([z.ipv4(), z.ipv6()]),
  ipv4: () => z.ipv4(),
  ipv6: () => z.ipv6(),
  hex: () => z.hex(),
  base64url: () => z.base64url(),
  e164: () => z.e164(),
  decimal: (d) => z.string().refine((s) => decimalFits(s, d.hi, d.lo)),
  uuid: () => z.guid(),
  time: () => z.iso.datetime({ offset: true }),
  date: () => z.iso.date(),
  duration: () => z.iso.duration(),
};

function text(d) {
  let s = formats[d.kind](d);
  if (d.kind === 'literal' || d.kind === 'word' || d.kind === 'ip') return s;
  if (d.trim) s = s.trim();
  if (d.lower) s = s.overwrite(asciiLower);
  if (d.upper) s = s.overwrite(asciiUpper);
  if (d.lo !== undefined && d.kind !== 'decimal') s = s.refine((v) => points(v) >= d.lo && points(v) <= d.hi);
  if (d.prefix) s = s.startsWith(d.prefix);
  if (d.suffix) s = s.endsWith(d.suffix);
  if (d.pattern) s = s.regex(new RegExp(`^(?:${d.pattern})$`, 'u'));
  if (d.one_of) s = s.refine((v) => d.one_of.includes(v));
  return s;
}

// Not z.int(): its issue keeps zod from counting the list around it.
function number(d) {
  let n = d.kind === 'f64' ? z.number() : z.number().refine(Number.isInteger);
  n = d.exclusive_min ? n.gt(d.lo) : n.gte(d.lo);
  n = d.exclusive_max ? n.lt(d.hi) : n.lte(d.hi);
  if (d.multiple_of) n = n.multipleOf(d.multiple_of);
  if (d.one_of) n = n.refine((v) => d.one_of.includes(String(v)));
  return n;
}

function unique(ctx, list) {
  const seen = new Set();
  if (ctx.issues.length) return;
  list.forEach((v, i) => {
    const key = JSON.stringify(v);
    if (seen.has(key)) ctx.addIssue({ code: 'custom', message: 'again', path: [i] });
    seen.add(key);
  });
}

function list(d) {
  let s = z.array(value(d.item));
  if (d.unique) s = s.superRefine((v, ctx) => unique(ctx, v));
  return s.min(d.items_lo).max(d.items_hi);
}

function map(d) {
  const key = z.string().refine((k) => points(k) >= 1 && points(k) <= 64);
  const fits = (v) => Object.keys(v).length >= d.items_lo && Object.keys(v).length <= d.items_hi;
  const isMap = (v) => typeof v === 'object' && v !== null && !Array.isArray(v);
  return z.record(key, value(d.item)).refine(fits, { when: (payload) => isMap(payload.value) });
}

function union(d) {
  return z.discriminatedUnion(d.tag, d.variants.map((v) => object(v, { [d.tag]: z.literal(v.word) })));
}

function value(d) {
  if (d.kind in formats) return text(d);
  if (d.kind === 'bool') return z.boolean();
  if (d.kind === 'json') return z.json().refine((v) => v !== null);
  if (d.kind === 'object') return object(d);
  return { list, map, union }[d.kind]?.(d) ?? number(d);
}

function field(d) {
  let s = value(d);
  if (d.nullable) s = s.nullable();
  if (d.def !== undefined) return s.default(d.kind === 'bool' ? d.def === 'true' : /^[if]/.test(d.kind) ? Number(d.def) : d.def);
  return d.required ? s : s.optional();
}

export function object(d, more = {}) {
  const shape = { ...more };
  for (const f of d.fields) if (!f.read_only) shape[f.name] = field(f);
  return z.strictObject(shape);
}

// ---- schemas ----

const flags = (...names) => fc.record(Object.fromEntries(names.map((n) => [n, fc.boolean()])));
const range = (lo, hi) => fc.tuple(fc.integer({ min: lo, max: hi }), fc.integer({ min: lo, max: hi }))
  .map(([a, b]) => ({ lo: Math.min(a, b), hi: Math.max(a, b) }));
const maybe = (arbitrary) => fc.oneof(fc.constant({}), fc.constant({}), arbitrary);
const kind = (name, ...parts) => fc.tuple(...parts).map((p) => Object.assign({ kind: name }, ...p));

const patterns = ['[a-z]+', '\\d{2,4}', '(a|b)*c?', '[^\\d]*', '.{0,3}', '[A-Z]{2}-\\d+', '(?:x|yz)+', '\\w+\\s\\w*', '[\\u00e0-\\u00ff]?'
  .replace(/\\u([0-9a-f]{4})/g, (_, h) => String.fromCodePoint(parseInt(h, 16)))];

const scalar = fc.oneof(
  kind('text', range(0, 8), maybe(flags('trim')), maybe(fc.constantFrom({ lower: true }, { upper: true }))),
  kind('text', range(0, 12), maybe(fc.constantFrom(...patterns.map((pattern) => ({ pattern }))))),
  kind('text', fc.constantFrom({ lo: 0, hi: 9, prefix: 'ab' }, { lo: 1, hi: 9, suffix: 'é' }, { lo: 0, hi: 20, one_of: ['a', 'b', ''] })),
  kind('literal', fc.constantFrom({ literal: 'v1' }, { literal: 'ü' })),
  kind('word', fc.constant({ words: ['draft', 'live', 'no-more'] })),
  kind('slug', range(1, 6)),
  kind('decimal', fc.constantFrom({ lo: 2, hi: 6 }, { lo: 0, hi: 3 }, { lo: 3, hi: 3 })),
  kind('hex', range(0, 8)), kind('base64url', range(0, 8)),
  ...['email', 'url', 'hostname', 'ip', 'ipv4', 'ipv6', 'e164', 'uuid', 'time', 'date', 'duration', 'bool'].map((k) => kind(k)),
  kind('i32', range(-20, 20), maybe(fc.constantFrom({ multiple_of: 3 }, { one_of: ['1', '-2', '10'] }))),
  kind('i64', range(-9007199254740991, 9007199254740991)),
  kind('i64', fc.integer({ min: -9, max: 9 }).map((lo) => ({ lo, hi: lo + 9 })), flags('exclusive_min', 'exclusive_max')),
  kind('f64', fc.double({ noNaN: true, min: -1e3, max: 1e3 }).map((lo) => ({ lo, hi: lo + 7.5 })),
    flags('exclusive_min', 'exclusive_max'), maybe(fc.constantFrom({ multiple_of: 0.01 }, { multiple_of: 0.5 }))),
);

const count = fc.tuple(fc.nat(2), fc.nat(4)).map(([a, b]) => ({ items_lo: a, items_hi: Math.max(1, a + b) }));
const names = ['a', 'b', 'title', 'dueAt', '$x', 'ä'];

function fields(depth) {
  const rules = fc.record({ required: fc.boolean(), nullable: fc.boolean(), read_only: fc.integer({ max: 9, min: 0 }).map((n) => !n) });
  const one = fc.tuple(kindOf(depth), rules).map(([k, r]) => ({ ...k, ...r, ...(r.read_only ? {} : withDefault(k)) }));
  return fc.array(one, { minLength: 1, maxLength: 4 }).map((list) => list.map((f, i) => ({ ...f, name: names[i] })));
}

// A default has to pass its own checks.
function withDefault(k) {
  if (k.kind === 'bool') return { def: 'true' };
  if (k.kind === 'word') return { def: 'live' };
  return {};
}

const objectOf = (depth) => fields(depth).map((f) => ({ kind: 'object', fields: f }));

// Two texts may say the same value: `unique-by-value`.
const byValue = new Set(['time', 'duration', 'uuid', 'object']);

function kindOf(depth) {
  if (!depth) return fc.oneof({ weight: 9, arbitrary: scalar }, { weight: 1, arbitrary: kind('json') });
  const item = fc.oneof(scalar, objectOf(depth - 1));
  const variants = fc.tuple(objectOf(depth - 1), objectOf(depth - 1)).map((v) => ({
    kind: 'union', tag: 'type', variants: v.map((o, i) => ({ ...o, word: ['circle', 'square'][i] })) }));
  return fc.oneof(
    { weight: 6, arbitrary: scalar }, { weight: 2, arbitrary: objectOf(depth - 1) }, { weight: 2, arbitrary: variants },
    { weight: 3, arbitrary: fc.tuple(item, count, flags('unique')).map(([i, c, u]) => (
      { kind: 'list', item: i, ...c, unique: u.unique && !byValue.has(i.kind) })) },
    { weight: 1, arbitrary: fc.tuple(item, count).map(([i, c]) => ({ kind: 'map', item: i, ...c })) },
    { weight: 1, arbitrary: kind('json') });
}

export const schemas = fc.record({ schema: objectOf(2), partial: fc.integer({ min: 0, max: 4 }).map((n) => !n) });

// ---- values ----

const digits = (n) => fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: n, maxLength: n });
const alphabet = [...'abcxyzAZ0129-_.:@/+ TZPDHMS%\u00a0é😀"\\'];
const loose = fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 10 });
const typical = {
  email: fc.constantFrom('ada@example.com', "o'hara+x@a-b.example.org", 'a.b@c.de', 'x@y', '!#$%@ex-ample.co', 'a@b.c1'),
  slug: fc.constantFrom('a', 'a-b', 'abc-1', '-a', 'a-'),
  url: fc.oneof(fc.webUrl({ withQueryParameters: true, withFragments: true }), fc.constantFrom('https://example.com', 'ftp://example.com/',
    'http://localhost:3000/a?b=c#d', 'mailto:a@b.example', 'https:/x', 'javascript:alert(1)')),
  hostname: fc.oneof(fc.domain(), fc.constantFrom('localhost', 'a', 'a-', '1.2.3.4', `${'a'.repeat(63)}.b`, `${'a'.repeat(64)}.b`)),
  ip: fc.oneof(fc.ipV4(), fc.ipV6()), ipv4: fc.oneof(fc.ipV4(), fc.ipV4Extended()), ipv6: fc.ipV6(),
  e164: fc.oneof(digits(7), digits(15), digits(10)).map((s) => `+${s}`),
  uuid: fc.uuid(), hex: fc.string({ unit: fc.constantFrom(...'09afAFg'), maxLength: 9 }),
  base64url: fc.string({ unit: fc.constantFrom(...'Aa0-_9='), maxLength: 9 }),
  time: fc.date({ noInvalidDate: true, min: new Date('0001-01-01'), max: new Date('9999-12-31') })
    .chain((t) => fc.constantFrom('Z', '+02:00', '-23:59', '', '+24:00').map((o) => t.toISOString().replace('Z', o))),
  date: fc.tuple(digits(4), fc.integer({ min: 0, max: 13 }), fc.integer({ min: 0, max: 32 }))
    .map(([y, m, d]) => `${y}-${String(m).padStart(2, '0')}-${String(d).padStart(2, '0')}`),
  duration: fc.constantFrom('P1D', 'PT1H30M', 'P1DT0.5S', 'P2W', 'PT', 'P', 'PT0S', 'P1DT', 'PT1M2S', 'P1W1D', 'PT1.S', 'PT100H', 'P01D'),
  decimal: fc.constantFrom('0', '12.50', '-0.5', '1234', '1e2', '.5', '00', '1.', '0.125', '999.999', '-'),
  literal: fc.constantFrom('v1', 'v2', 'ü', ''), word: fc.constantFrom('draft', 'live', 'no-more', '', 'Live'),
  text: fc.oneof(loose, fc.string({ unit: 'binary', maxLength: 12 }), fc.constantFrom('abc', 'ab', 'é', 'DE-12', ' Ab\u3000', 'x yz', '12', 'acé', 'a', 'b')),
};

// One character more, less or other.
function nearly(arbitrary) {
  const change = fc.tuple(arbitrary, fc.nat(), fc.nat(2), fc.constantFrom(...alphabet)).map(([s, at, how, ch]) => {
    const c = [...s];
    c.splice(at % (c.length + 1), how === 1 ? 0 : 1, ...(how ? [ch] : []));
    return c.join('');
  });
  return fc.oneof({ weight: 3, arbitrary }, { weight: 1, arbitrary: change });
}

function numbers(d) {
  const edges = fc.constantFrom(d.lo, d.hi, (d.lo + d.hi) / 2, d.lo - 1, d.hi + 1, 0, 0.5, 3, -2, 10);
  const inside = d.kind === 'f64' ? fc.double({ noNaN: true, min: d.lo, max: d.hi }) : fc.integer({ min: d.lo, max: d.hi });
  const steps = fc.integer({ min: -2000, max: 2000 }).map((n) => n / 100);
  return fc.oneof(inside, inside, edges, steps);
}

const wrong = fc.constantFrom(null, true, 1, 1.5, '', 'x', [], {}, [1], { a: 1 });

export function valueOf(d) {
  const good = goodValue(d);
  return fc.oneof({ weight: 14, arbitrary: good }, { weight: 1, arbitrary: wrong });
}

function goodValue(d) {
  switch (d.kind) {
    case 'bool': return fc.boolean();
    case 'json': return fc.jsonValue({ maxDepth: 1 }).filter((v) => !/\\u0000|\\ud[89a-f]|__proto__/.test(JSON.stringify(v)));
    case 'object': return objectValue(d);
    case 'union': return fc.oneof(...d.variants.map((v) => unionValue(d, v)));
    case 'list': return d.item.kind === 'json' && !d.unique ? tooMany(d) : fc.array(valueOf(d.item), { minLength: Math.max(0, d.items_lo - 1), maxLength: d.items_hi });
    case 'map': return fc.dictionary(fc.constantFrom('a', 'b', 'B', 'c d', 'é', 'x.y'), valueOf(d.item),
      { minKeys: Math.max(0, d.items_lo - 1), maxKeys: d.items_hi, noNullPrototype: true });
    case 'i32': case 'i64': case 'f64': return numbers(d);
    default: return nearly(typical[d.kind]).filter((s) => s.isWellFormed() && !differs(d.kind, s));
  }
}

// Elements past the most there may be are not looked at here (`beyond-most`), so they are of the kind that takes all.
function tooMany(d) {
  return fc.array(goodValue(d.item).filter((v) => v !== null), { maxLength: d.items_hi + 2 });
}

function objectValue(d) {
  const members = Object.fromEntries(d.fields.map((f) => [f.name, fc.oneof({ weight: 12, arbitrary: valueOf(f) },
    { weight: 1, arbitrary: fc.constant(null) }, { weight: f.required || f.read_only ? 1 : 3, arbitrary: fc.constant(undefined) })]));
  const more = fc.integer({ min: 0, max: 19 }).chain((n) => (n ? fc.constant({}) : fc.constantFrom({ more: 1 }, { Title: null }, { A: 1 })));
  return fc.tuple(fc.record(members), more).map(([o, m]) => ({ ...m, ...o }));
}

function unionValue(d, v) {
  const tag = fc.oneof({ weight: 15, arbitrary: fc.constant(v.word) }, { weight: 1, arbitrary: fc.constantFrom('none', null, undefined, 1) });
  return fc.tuple(objectValue(v), tag, fc.boolean()).map(([o, t, last]) => (last ? { ...o, [d.tag]: t } : { [d.tag]: t, ...o }));
}
