import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId } from '../../base/ids.ts';
import { destinationOf } from '../../hub/destinations.ts';
import { modelCard } from '../../hub/model-card.ts';
import type { Publication, PublishedFile, PublishResult } from '../../hub/publication.ts';
import type { Commit, TreeFile } from '../../store/history/history.ts';
import { makeDurableDirectory } from '../../store/packs/durable-directory.ts';
import { isRegularFile } from '../gate/data.ts';
import { listModels } from '../history/manifests-at.ts';
import { brokenShards } from '../history/shard-consistency.ts';
import type { Repository } from '../repository.ts';
import { CARD_PATH, cardContent } from './card.ts';

/** Ordinary files that go along with the models: what loaders and readers of the model need. */
const COMPANION = /(?:^|\/)(?:[^/]*\.(?:json|model|txt|jinja)|LICEN[CS]E[^/]*|NOTICE[^/]*)$/i;
/** mgit's own records stay in the repository. */
const INTERNAL = /^\.mgit\//;

/** What is published, and where to. */
export interface PublishRequest extends LongOperation {
  readonly revision: string;
  /** `hf://org/name`, or a directory relative to `cwd`. */
  readonly target: string;
  readonly cwd: string;
  readonly dryRun?: boolean;
}

/** What {@link publish} did or, in a dry run, would do. */
export interface PublishOutcome {
  readonly commit: CommitId;
  readonly destination: string;
  readonly files: readonly Omit<PublishedFile, 'source'>[];
  readonly card: string;
  /** Absent in a dry run. */
  readonly result?: PublishResult;
}

/**
 * Publishes the models of a revision with their config, licence and a card that tells lineage, merge method and gate results.
 * Errors: `PUBLISH_NOTHING` when the revision holds no model, `SHARD_INDEX_MISMATCH`, and those of the destinations in `src/hub/`.
 */
export async function publish(repository: Repository, request: PublishRequest): Promise<PublishOutcome> {
  const commit = await repository.history.readCommit(
    await repository.history.resolveCommit(request.revision),
  );
  const destination = destinationOf(request.target, request.cwd);
  const { fs } = repository.ports;
  await makeDurableDirectory(fs, join(repository.mgitDirectory, 'tmp'));
  const staging = await fs.makeTemporaryDirectory(join(repository.mgitDirectory, 'tmp', 'publish-'));
  try {
    const staged = await stage(repository, commit, { directory: staging, request });
    const outcome = {
      commit: commit.id,
      destination: destination.description,
      card: staged.card,
      files: staged.files.map(withoutSource),
    };
    if (request.dryRun) return outcome;
    return {
      ...outcome,
      result: await destination.publish(publicationOf(commit, request, staged.files), {
        ...request,
        ports: repository.ports,
      }),
    };
  } finally {
    await fs.removeDirectory(staging, { recursive: true });
  }
}

interface Staging {
  readonly directory: string;
  readonly request: PublishRequest;
}

interface Staged {
  readonly files: readonly PublishedFile[];
  readonly card: string;
}

async function stage(
  repository: Repository,
  commit: Commit,
  { directory, request }: Staging,
): Promise<Staged> {
  const [broken] = await brokenShards(repository, commit.tree, []);
  if (broken) throw broken;
  const models = await stageModels(repository, commit, { directory, request });
  if (models.length === 0)
    throw new MgitError('PUBLISH_NOTHING', `${request.revision} holds no model`, {
      hint: 'track model files with `mgit track` and commit them',
    });
  const tree = (await repository.history.listTree(commit.tree)).filter(isRegularFile);
  const taken = new Set(models.map(file => file.path));
  const companions = tree.filter(
    file => COMPANION.test(file.path) && !INTERNAL.test(file.path) && !taken.has(file.path),
  );
  const files = [...models];
  for (const file of companions) files.push(await stageBlob(repository, file, directory));
  const card = modelCard(await cardContent(repository, commit, { ...request, files, tree }));
  const cardFile = await stageBytes(repository, join(directory, CARD_PATH), {
    path: CARD_PATH,
    bytes: new TextEncoder().encode(card),
  });
  return { files: [cardFile, ...files], card };
}

async function stageModels(
  repository: Repository,
  commit: Commit,
  { directory, request }: Staging,
): Promise<PublishedFile[]> {
  const staged: PublishedFile[] = [];
  for await (const model of listModels(repository, commit.tree)) {
    const source = join(directory, model.path);
    await repository.ports.fs.makeDirectory(dirname(source));
    await repository.store.restoreFile(model.manifest, source, request);
    staged.push({
      path: model.path,
      source,
      size: model.manifest.size,
      sha256: await sha256Of(repository, source),
    });
  }
  return staged;
}

async function stageBlob(repository: Repository, file: TreeFile, directory: string): Promise<PublishedFile> {
  return stageBytes(repository, join(directory, file.path), {
    path: file.path,
    bytes: await repository.history.readBlob(file.id),
  });
}

async function stageBytes(
  repository: Repository,
  source: string,
  { path, bytes }: { path: string; bytes: Uint8Array },
): Promise<PublishedFile> {
  await repository.ports.fs.makeDirectory(dirname(source));
  const file = await repository.ports.fs.open(source, 'write');
  await file.write(bytes, 0).finally(() => file.close());
  return { path, source, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

async function sha256Of(repository: Repository, path: string): Promise<string> {
  const [hash, buffer] = [createHash('sha256'), new Uint8Array(4 * 1024 * 1024)];
  const file = await repository.ports.fs.open(path, 'read');
  try {
    for (let offset = 0, count = -1; count !== 0; offset += count) {
      count = await file.read(buffer, offset);
      hash.update(buffer.subarray(0, count));
    }
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}

function publicationOf(
  commit: Commit,
  request: PublishRequest,
  files: readonly PublishedFile[],
): Publication {
  return { title: `Publish ${request.revision}`, description: `mgit commit ${commit.id}`, files };
}

function withoutSource({ source: _, ...file }: PublishedFile): Omit<PublishedFile, 'source'> {
  return file;
}
