import { MgitError } from '../../base/errors.ts';
import type { Ports } from '../../base/ports/ports.ts';
import type { History, Signature } from './history.ts';
import { clean } from './objects/signature.ts';

type Role = 'author' | 'committer';

/**
 * The configured identity, as Git finds it (environment, then `author.*`/`committer.*`, then `user.*`), at the clock's time.
 * Nothing is guessed from the machine's name. Errors: `IDENTITY_UNKNOWN`.
 */
export async function configuredIdentity(
  ports: Ports,
  config: History['config'],
  role: Role,
): Promise<Signature> {
  const name = clean(await field(ports, config, role, 'name'));
  const email = clean(await field(ports, config, role, 'email'));
  if (name === '' || email === '') throw unknownIdentity(name === '' ? 'name' : 'email');
  return { name, email, ...signatureTime(ports, role) };
}

/** When: `GIT_AUTHOR_DATE` or `GIT_COMMITTER_DATE`, else the clock. Errors: `DATE_INVALID`. */
export function signatureTime(ports: Ports, role: Role): Pick<Signature, 'timestamp' | 'timezoneOffset'> {
  const name = `GIT_${role.toUpperCase()}_DATE`;
  const text = ports.env[name];
  if (text) return parseDate(name, text, ports);
  const now = ports.clock.now();
  return { timestamp: Math.floor(now / 1000), timezoneOffset: ports.clock.timezoneOffsetMinutes(now) };
}

async function field(
  ports: Ports,
  config: History['config'],
  role: Role,
  part: 'name' | 'email',
): Promise<string> {
  const fromEnvironment = ports.env[`GIT_${role.toUpperCase()}_${part.toUpperCase()}`];
  return fromEnvironment || (await config(`${role}.${part}`)) || (await config(`user.${part}`)) || '';
}

/** `@seconds ±hhmm`, `seconds ±hhmm`, ISO 8601 and RFC 2822, which are the forms that Git promises to read. */
function parseDate(
  name: string,
  text: string,
  ports: Ports,
): Pick<Signature, 'timestamp' | 'timezoneOffset'> {
  const raw = /^@?(\d{5,})(?:\s+([+-]\d{4}))?$/.exec(text.trim());
  if (raw) return { timestamp: Number(raw[1]), timezoneOffset: parseZone(raw[2]) ?? 0 };
  const milliseconds = Date.parse(text);
  if (Number.isNaN(milliseconds))
    throw new MgitError('DATE_INVALID', `${name} is ${JSON.stringify(text)}, which is not a date`, {
      hint: `set ${name} to seconds since 1970 and a time zone, such as "1767225600 +0000"`,
    });
  const zone = parseZone(/(Z|[+-]\d\d:?\d\d)\)?$/.exec(text.trim())?.[1]);
  return {
    timestamp: Math.floor(milliseconds / 1000),
    timezoneOffset: zone ?? ports.clock.timezoneOffsetMinutes(milliseconds),
  };
}

function parseZone(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const match = /^([+-])(\d\d):?(\d\d)$/.exec(text);
  if (!match) return 0;
  const size = Number(match[2]) * 60 + Number(match[3]);
  return match[1] === '-' && size > 0 ? -size : size;
}

function unknownIdentity(part: 'name' | 'email'): MgitError {
  const example = part === 'name' ? '"Your Name"' : 'you@example.com';
  return new MgitError('IDENTITY_UNKNOWN', `your ${part} is not configured`, {
    hint: `run \`git config --global user.${part} ${example}\``,
  });
}
