import { resolve } from 'node:path';
import { MgitError } from '../base/errors.ts';
import { directoryDestination } from './directory.ts';
import { huggingFaceDestination } from './hugging-face.ts';
import type { Destination } from './publication.ts';

const SCHEMES: Readonly<Record<string, (rest: string) => Destination>> = { hf: huggingFaceDestination };

/** The destination that a command line names: `hf://org/name`, or a directory relative to `cwd`. Errors: `PUBLISH_TARGET_INVALID`. */
export function destinationOf(target: string, cwd: string): Destination {
  const match = /^([a-z][a-z0-9+.-]+):\/\/(.*)$/i.exec(target);
  if (!match) return directoryDestination(resolve(cwd, target));
  const [, scheme = '', rest = ''] = match;
  const open = SCHEMES[scheme.toLowerCase()];
  if (!open)
    throw new MgitError('PUBLISH_TARGET_INVALID', `nothing is published to ${scheme}://`, {
      hint: `known: a directory, ${Object.keys(SCHEMES)
        .map(name => `${name}://`)
        .join(', ')}`,
    });
  return open(rest);
}
