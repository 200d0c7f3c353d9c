// The few pages that a person sees in a browser: no scripts, nothing from elsewhere, nothing kept, nothing told to whoever comes next.
import type { HttpResponseInit } from '@azure/functions';

const escape = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

export interface PageLink {
  /** A path of this app. */
  readonly href: string;
  readonly text: string;
}

export function pageOf(status: number, title: string, text: string, link?: PageLink): HttpResponseInit {
  const after = link ? `<p><a href="${escape(link.href)}">${escape(link.text)}</a></p>` : '';
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
      'x-content-type-options': 'nosniff',
    },
    body: `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escape(title)}</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}</style></head>
<body><main><h1>${escape(title)}</h1><p>${escape(text)}</p>${after}</main></body></html>
`,
  };
}
