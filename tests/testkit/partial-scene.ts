import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommitId } from '../../src/base/ids.ts';
import type { Ports } from '../../src/base/ports/ports.ts';
import { openRepository, type Repository } from '../../src/ops/repository.ts';
import { pushRemote } from '../../src/ops/transfer/push.ts';
import { fakeFetch } from './fake-fetch.ts';
import { type FaultyHandler, withFaults } from './http-faults.ts';
import { type LfsEndpoint, lfsEndpoint } from './lfs-endpoint.ts';
import { type ModelRepository, modelRepository, safetensorsModel } from './model-repository.ts';
import { run } from './programs.ts';
import { type CliRun, runMgit, temporaryDirectory, testPorts } from './world.ts';

/** A bare repository on a path whose packs are on a Git LFS server in this process, and people who clone it. */
export interface PartialScene extends AsyncDisposable {
  readonly home: string;
  readonly ports: Ports;
  readonly lfs: LfsEndpoint;
  readonly faults: FaultyHandler;
  /** The repository of whoever publishes. */
  readonly alpha: ModelRepository;
  /** Runs mgit in a folder of `home`. */
  mgit(folder: string, ...argv: string[]): Promise<CliRun>;
  /** Clones to a folder of `home`. */
  clone(folder: string, ...options: string[]): Promise<CliRun>;
  open(folder: string): Promise<Repository>;
  push(...refspecs: string[]): Promise<void>;
  /** Bytes of packs that answers have carried since the plan of faults was last set. */
  moved(): number;
  /** Requests since the plan of faults was last set, without those to the batch API. */
  downloads(): readonly string[];
  bytesOf(folder: string, file?: string): Promise<Buffer>;
  bytesAt(commit: CommitId): Promise<Buffer>;
}

const LFS = 'http://lfs.test/model/info/lfs';

/** Makes the repository and its publisher. */
export async function partialScene(): Promise<PartialScene> {
  const home = await temporaryDirectory();
  const lfs = lfsEndpoint();
  let moved = 0;
  const faults = withFaults(async request => {
    const response = await lfs.handle(request);
    const { byteLength } =
      request.method === 'GET' ? await response.clone().arrayBuffer() : { byteLength: 0 };
    moved += byteLength;
    return response;
  });
  const standard = testPorts(home.path, { fetch: fakeFetch(faults.handle) });
  const env = {
    ...standard.env,
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'lfs.url',
    GIT_CONFIG_VALUE_0: LFS,
  };
  const ports = { ...standard, env };
  const bare = join(home.path, 'model.git');
  await run('git', ['init', '--quiet', '--bare', '--initial-branch=main', bare]);
  const alpha = await modelRepository(ports, join(home.path, 'alpha'), safetensorsModel);
  await alpha.history.setConfig('remote.origin.url', bare, 'local');
  await alpha.history.setConfig('remote.origin.fetch', '+refs/heads/*:refs/remotes/origin/*', 'local');
  const opened: Repository[] = [];
  const mgit: PartialScene['mgit'] = (folder, ...argv) => runMgit(ports, join(home.path, folder), ...argv);
  return {
    home: home.path,
    ports,
    lfs,
    alpha,
    mgit,
    faults: {
      ...faults,
      setPlan: plan => {
        moved = 0;
        faults.setPlan(plan);
      },
    },
    clone: (folder, ...options) => mgit('', 'clone', ...options, bare, folder),
    open: async folder => {
      const repository = await openRepository(ports, join(home.path, folder));
      opened.push(repository);
      return repository;
    },
    push: async (...refspecs) => void (await pushRemote(alpha, { remote: 'origin', refspecs })),
    moved: () => moved,
    downloads: () =>
      faults.seen.filter(({ method }) => method === 'GET').map(({ range }) => range ?? 'whole'),
    bytesOf: (folder, file = 'model.bin') => readFile(join(home.path, folder, file)),
    bytesAt: commit => alpha.modelBytes(commit),
    [Symbol.asyncDispose]: async () => {
      for (const repository of [...opened, alpha]) await repository[Symbol.asyncDispose]();
      await home[Symbol.asyncDispose]();
    },
  };
}

/** A plan without faults: counts start anew. */
export const NO_FAULTS = (): undefined => undefined;
