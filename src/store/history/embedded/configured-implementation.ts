import { isMgitError } from '../../../base/errors.ts';
import type { Ports } from '../../../base/ports/ports.ts';
import type { ConfigPlace } from './config-files.ts';
import { discoverRepository } from './discover.ts';
import { readAllConfig } from './embedded-config.ts';

/** `mgit.history`, read before it is known whether git is there. */
export async function configuredImplementation(ports: Ports, directory: string): Promise<string | undefined> {
  const entries = await readAllConfig(await placeOf(ports, directory));
  return entries.findLast(({ key }) => key === 'mgit.history')?.value;
}

/** Outside of a repository only what is configured for all of them counts. */
async function placeOf(ports: Ports, directory: string): Promise<ConfigPlace> {
  try {
    return { ports, ...(await discoverRepository(ports, directory)) };
  } catch (error) {
    if (isMgitError(error, 'NOT_A_REPOSITORY')) return { ports };
    throw error;
  }
}
