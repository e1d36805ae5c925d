import type { Signature } from '../history.ts';

/** Reads `Name <email> seconds ±hhmm`; what is damaged in old histories reads as empty or zero, as Git shows it. */
export function parseSignature(text: string): Signature {
  const match = /^(.*?) ?<([^>]*)>(?: (-?\d+)(?: ([+-])(\d{2,})(\d{2}))?)?/.exec(text);
  if (!match) return { name: text, email: '', timestamp: 0, timezoneOffset: 0 };
  const [, name = '', email = '', seconds = '0', sign = '+', hours = '0', minutes = '0'] = match;
  const offset = Number(hours) * 60 + Number(minutes);
  return {
    name,
    email,
    timestamp: Number(seconds),
    timezoneOffset: sign === '-' && offset ? -offset : offset,
  };
}

/** Writes a signature as Git does: characters that would break the line are dropped. */
export function formatSignature(signature: Signature): string {
  const { timestamp, timezoneOffset } = signature;
  return `${clean(signature.name)} <${clean(signature.email)}> ${timestamp} ${formatTimezone(timezoneOffset)}`;
}

/** `+0530` for 330. */
export function formatTimezone(minutesEast: number): string {
  const size = Math.abs(minutesEast);
  const digits = String(Math.trunc(size / 60) * 100 + (size % 60)).padStart(4, '0');
  return `${minutesEast < 0 ? '-' : '+'}${digits}`;
}

/** Git's rule: no `<`, `>`, NUL or line feed anywhere; no spaces, controls, quotes or punctuation at the ends. */
export function clean(text: string): string {
  return text.replace(/[<>\n\0]/g, '').replace(/^[\0- .,:;"'\\]+|[\0- .,:;"'\\]+$/g, '');
}
