// Parts of a multipart/form-data body (RFC 7578), cut out of its bytes.

export interface Part {
  readonly name: string;
  readonly fileName?: string;
  /** Media type without parameters, lower case; `undefined` when the part names none. */
  readonly contentType?: string;
  readonly content: Buffer;
  /** Where the content starts in the body, in bytes. */
  readonly start: number;
}

/** `undefined` when the content type or the body is not multipart/form-data. */
export function readMultipart(contentType: string | undefined, body: Buffer): Part[] | undefined {
  if (!/^multipart\/form-data\s*;/i.test(contentType ?? '')) return undefined;
  const boundary = /;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType ?? '');
  const mark = boundary?.[1] ?? boundary?.[2];
  if (!mark) return undefined;

  const delimiter = Buffer.from(`\r\n--${mark}`);
  const parts: Part[] = [];
  // The first delimiter has no line break of its own before it.
  let at = body.indexOf(`--${mark}`) + mark.length + 2;
  if (at < mark.length + 2) return undefined;
  while (body.toString('latin1', at, at + 2) === '\r\n') {
    const headEnd = body.indexOf('\r\n\r\n', at);
    if (headEnd < 0) return undefined;
    const start = headEnd + 4;
    const end = body.indexOf(delimiter, start);
    if (end < 0) return undefined;
    const part = readHead(body.toString('utf8', at + 2, headEnd));
    if (!part) return undefined;
    parts.push({ ...part, content: body.subarray(start, end), start });
    at = end + delimiter.length;
  }
  return body.toString('latin1', at, at + 2) === '--' ? parts : undefined;
}

function readHead(head: string): Pick<Part, 'name' | 'fileName' | 'contentType'> | undefined {
  const disposition = /^content-disposition:\s*form-data\s*;(.*)$/im.exec(head)?.[1];
  const name = parameter(disposition, 'name');
  if (name === undefined) return undefined;
  const fileName = parameter(disposition, 'filename');
  const type = /^content-type:\s*([^;\r\n]+)/im.exec(head)?.[1]?.trim().toLowerCase();
  return {
    name,
    ...(fileName !== undefined && { fileName }),
    ...(type !== undefined && { contentType: type }),
  };
}

const parameter = (disposition: string | undefined, name: string): string | undefined =>
  new RegExp(`(?:^|[;\\s])${name}="([^"]*)"`, 'i').exec(disposition ?? '')?.[1];
