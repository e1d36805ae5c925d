import { join, resolve } from 'node:path';
import type { Ports } from '../../../base/ports/ports.ts';
import { configBoolean } from '../config-values.ts';
import type { History } from '../history.ts';
import { runRepositoryHook } from '../hooks.ts';
import { configuredIdentity } from '../identity.ts';
import { objectHistory } from '../objects/object-history.ts';
import { commitGraph } from './commit-graph.ts';
import { readConfigFile } from './config-files.ts';
import { discoverRepository, type FoundRepository } from './discover.ts';
import { embeddedConfig } from './embedded-config.ts';
import { embeddedObjects } from './embedded-objects.ts';
import { embeddedRefs } from './embedded-refs.ts';
import { embeddedRevisions } from './embedded-revisions.ts';
import { checkOwnership } from './ownership.ts';
import { checkRepositoryFormat } from './repository-format.ts';
import { embeddedTransfer } from './transfer/embedded-transfer.ts';

/** Opens the repository found from a directory, without the git program. Errors: `NOT_A_REPOSITORY`, `REPOSITORY_UNSUPPORTED`, `REPOSITORY_UNSAFE`. */
export async function openEmbeddedHistory(options: {
  readonly ports: Ports;
  readonly directory: string;
  readonly onOutput?: ((text: string) => void) | undefined;
}): Promise<History> {
  const { ports } = options;
  const found = await discoverRepository(ports, options.directory);
  const { gitDirectory, commonDirectory } = found;
  const place = { ports, gitDirectory, commonDirectory };
  checkRepositoryFormat(await readConfigFile(place, join(commonDirectory, 'config')));
  const config = embeddedConfig(place);
  await checkOwnership(ports, gitDirectory, await config.listConfig());
  const workTree = await workTreeOf(found, config.config);
  const store = await embeddedObjects(ports, join(commonDirectory, 'objects'));
  const files = { ports, gitDirectory, commonDirectory };
  const identity: History['identity'] = role => configuredIdentity(ports, config.config, role);
  const graph = commitGraph(files, store);
  const hooks = { ...files, workTree, config: config.config, onOutput: options.onOutput };
  return {
    implementation: 'embedded',
    gitDirectory,
    commonDirectory,
    workTree,
    ...objectHistory({ ports, store, config: config.config, identity }),
    ...embeddedRevisions({ files, store, config: config.config }),
    ...graph,
    ...embeddedRefs(files, store, config.config),
    ...config,
    identity,
    runHook: (name, args, stdin) => runRepositoryHook(hooks, name, args, stdin),
    ...embeddedTransfer({ ...config, ...graph, files, store }),
    close: () => store.close(),
  };
}

/** `core.worktree` and `core.bare` overrule where `.git` was found. */
async function workTreeOf(found: FoundRepository, config: History['config']): Promise<string | undefined> {
  const configured = await config('core.worktree');
  if (configured !== undefined) return resolve(found.gitDirectory, configured);
  const bare = configBoolean('core.bare', await config('core.bare')) ?? false;
  const linked = found.gitDirectory !== found.commonDirectory; // The main work tree may well be bare.
  return bare && !linked ? undefined : found.workTree;
}
