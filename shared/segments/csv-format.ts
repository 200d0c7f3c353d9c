// How a partition says what its CSV looks like: `fileFormatSettings`, or the trait `is.partition.format.CSV`; and what that means to the reader.
import { z } from 'zod';
import { EncodingUnknown, FormatUnsupported } from './errors';
import type { CsvDialect } from './segment';

/** Writers put booleans as text here and there. */
const flag = z.union([
  z.boolean(),
  z
    .string()
    .trim()
    .toLowerCase()
    .pipe(z.enum(['true', 'false']))
    .transform((value) => value === 'true'),
]);
const text = z.union([z.string(), z.number().transform(String)]);

const settingsSchema = z.object({
  $type: z.string().nullish(),
  columnHeaders: flag.nullish(),
  delimiter: text.nullish(),
  encoding: text.nullish(),
  quoteStyle: z.string().nullish(),
  csvStyle: z.string().nullish(),
});

const traitSchema = z.object({
  traitReference: z.literal('is.partition.format.CSV'),
  arguments: z.array(z.object({ name: z.string(), value: z.unknown() })).default([]),
});

const traitArgumentsSchema = z.object({
  columnHeaders: flag.nullish(),
  delimiter: text.nullish(),
  escape: text.nullish(),
  quote: text.nullish(),
  newline: text.nullish(),
  skipLines: z.coerce.number().nullish(),
  encoding: text.nullish(),
});

export const csvFormatSchema = z
  .object({
    fileFormatSettings: settingsSchema.nullish(),
    'cdm:traits': z.array(z.unknown()).nullish(),
  })
  .transform(({ fileFormatSettings, 'cdm:traits': traits }, context) => {
    const trait = (traits ?? [])
      .map((each) => traitSchema.safeParse(each))
      .find((parsed) => parsed.success)?.data;
    const given = Object.fromEntries((trait?.arguments ?? []).map(({ name, value }) => [name, value]));
    const parsed = traitArgumentsSchema.safeParse(given);
    if (parsed.success) return { settings: fileFormatSettings ?? {}, trait: parsed.data };
    for (const issue of parsed.error.issues) {
      context.addIssue({ code: 'custom', path: ['cdm:traits', ...issue.path], message: issue.message });
    }
    return z.NEVER;
  });

export type CsvFormat = z.output<typeof csvFormatSchema>;

const spelled: Readonly<Record<string, string>> = {
  '\\t': '\t',
  '\\n': '\n',
  '\\r\\n': '\r\n',
  '\\\\': '\\',
  '\\"': '"',
};
const unspelled = (value: string | null | undefined) =>
  value == null ? undefined : (spelled[value] ?? value);

/** `QuoteStyle.Csv` and `Csv` are the same. */
const style = (value: string | null | undefined) => value?.split('.').at(-1)?.toLowerCase();

/** A label of the WHATWG Encoding Standard. ASCII stays a label of its own there, and here it means ASCII, not windows-1252. */
function encodingOf(declared: string): string | undefined {
  const label = declared.trim().toLowerCase();
  if (label === 'ascii' || label === 'us-ascii') return 'us-ascii';
  try {
    return new TextDecoder(label === 'utf-8-bom' ? 'utf-8' : label).encoding;
  } catch {
    return undefined;
  }
}

/**
 * What the settings leave out, the trait says; what both leave out is the format's documented default.
 * @throws {FormatUnsupported} @throws {EncodingUnknown}
 */
export function dialectOf(
  { settings, trait }: CsvFormat,
  names: { readonly segment: string; readonly partition: string },
  backslashEscapes: boolean,
): CsvDialect {
  const unsupported = (reason: string) => new FormatUnsupported(names.segment, names.partition, reason);
  if (settings.$type != null && style(settings.$type) !== 'csvformatsettings')
    throw unsupported(`it is "${settings.$type}", not CSV`);

  const delimiter = unspelled(settings.delimiter) ?? unspelled(trait.delimiter) ?? ',';
  // eslint-disable-next-line no-control-regex -- some exports separate columns by control characters
  if (!/^[\u0000-\u007f]$/.test(delimiter) || '"\r\n'.includes(delimiter)) {
    throw unsupported('its delimiter is not one ASCII character apart from quotes and line breaks');
  }
  const quote = unspelled(trait.quote) ?? '"';
  if (quote !== '"' && quote !== '') throw unsupported('its quote character is not "');
  const escape = unspelled(trait.escape) ?? '';
  if (!['', '"', '\\'].includes(escape)) throw unsupported('its escape character is neither " nor \\');
  const newline = unspelled(trait.newline) ?? '\n';
  if (newline !== '\n' && newline !== '\r\n') throw unsupported('its lines do not end in LF or CRLF');
  if ((trait.skipLines ?? 0) !== 0) throw unsupported('it has lines to skip before its data');

  const quoteStyle = style(settings.quoteStyle) ?? (quote === '' ? 'none' : 'csv');
  if (quoteStyle !== 'csv' && quoteStyle !== 'none') throw unsupported('its quoteStyle is not known');
  const csvStyle = style(settings.csvStyle) ?? 'quotealways';
  if (csvStyle !== 'quotealways' && csvStyle !== 'quoteafterdelimiter')
    throw unsupported('its csvStyle is not known');

  const declared = settings.encoding ?? trait.encoding ?? 'utf-8';
  const encoding = encodingOf(declared);
  if (encoding === undefined) throw new EncodingUnknown(names.segment, names.partition, declared);
  const escapes = backslashEscapes || escape === '\\';
  if (escapes && delimiter === '\\') throw unsupported('its delimiter is also its escape character');
  return {
    delimiter,
    quotes: quoteStyle === 'none' ? 'never' : csvStyle === 'quotealways' ? 'always' : 'after-delimiter',
    backslashEscapes: escapes,
    header: settings.columnHeaders ?? trait.columnHeaders ?? false,
    encoding,
  };
}
