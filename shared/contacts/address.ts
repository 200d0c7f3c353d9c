// The rule for an e-mail address, exactly: what is normalised, and why one is rejected. The fast path is in plain-bytes.ts.
import { firstCodePoints, trimEnds } from './text';

/** The longest address in a CSV import, in code points. Source: Constant Contact, knowledge base on file imports. */
export const maxAddressLength = 80;

/** Why an address is rejected: the code, and the sentence that people read. */
export const addressReasons = {
  'address-blank': 'There is no address.',
  'address-too-long': `The address has more than ${maxAddressLength} characters.`,
  'address-control-character': 'The address has a control character or a line break in it.',
  'address-space': 'The address has a space in it.',
  'address-comma': 'The address has a comma in it.',
  'address-bracket': 'The address has a bracket in it.',
  'address-at-sign': 'The address does not have exactly one @.',
  'address-local-part': 'The address has nothing before the @.',
  'address-domain': 'The part after the @ is not a complete domain, such as example.com.',
} as const;

export type AddressReason = keyof typeof addressReasons;

export type AddressVerdict = { readonly address: string } | { readonly reason: AddressReason };

/** Trims and lower-cases, then judges. The first fault, in the order of `addressReasons`, is the reason. */
export function readAddress(raw: string): AddressVerdict {
  const address = trimEnds(raw).toLowerCase();
  const reason = faultOf(address);
  return reason === undefined ? { address } : { reason };
}

function faultOf(address: string): AddressReason | undefined {
  if (address === '') return 'address-blank';
  if (firstCodePoints(address, maxAddressLength) !== address) return 'address-too-long';
  if (/\p{Cc}/u.test(address)) return 'address-control-character';
  if (/[\p{White_Space}\uFEFF]/u.test(address)) return 'address-space';
  if (address.includes(',')) return 'address-comma';
  if (/[()[\]<>{}]/.test(address)) return 'address-bracket';
  const [local, domain, ...more] = address.split('@');
  if (domain === undefined || more.length > 0) return 'address-at-sign';
  if (local === '') return 'address-local-part';
  const labels = domain.split('.');
  return labels.length < 2 || labels.includes('') ? 'address-domain' : undefined;
}

/** `j***@e***.com`: enough to recognise an address that one knows, not enough to write to it. Takes any text. */
export function maskAddress(raw: string): string {
  const text = trimEnds(raw);
  if (text === '') return '';
  const hide = (part: string) => `${firstCodePoints(part, 1)}***`;
  const at = text.lastIndexOf('@');
  if (at < 0) return hide(text);
  const domain = text.slice(at + 1);
  // Anything but letters after the last dot is no top-level domain, and could be part of a name.
  const [ending = ''] = /\.[a-z]{2,12}$/i.exec(domain) ?? [];
  return `${hide(text.slice(0, at))}@${hide(domain)}${ending}`;
}
