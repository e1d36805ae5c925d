import { parse } from 'yaml';
import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CardContent } from '../../hub/model-card.ts';
import type { PublishedFile } from '../../hub/publication.ts';
import type { Commit, TreeFile } from '../../store/history/history.ts';
import { readProjectFile } from '../project/project-file.ts';
import type { Repository } from '../repository.ts';
import { cardGates } from './gate-rows.ts';
import { cardLineage, cardMerge } from './lineage.ts';

/** The card's path in every publication. */
export const CARD_PATH = 'README.md';

/** What a card is written from. */
export interface CardSources extends Pick<LongOperation, 'onEvent'> {
  readonly revision: string;
  /** As the user named it. */
  readonly target: string;
  readonly files: readonly PublishedFile[];
  readonly tree: readonly TreeFile[];
}

/** What the card of a commit says. The repository's own README and its front matter win. Errors: `CARD_INVALID`. */
export async function cardContent(
  repository: Repository,
  commit: Commit,
  sources: CardSources,
): Promise<CardContent> {
  const own = await ownCard(repository, sources.tree);
  const project = await readProjectFile(repository.history, commit.id);
  return {
    name: nameOf(repository, sources.target),
    revision: sources.revision,
    commit: commit.id,
    license: typeof project.publish.license === 'string' ? project.publish.license : undefined,
    baseModels: listOf(project.publish.base_model),
    ownText: own.text,
    ownMetadata: own.metadata,
    files: sources.files,
    lineage: await cardLineage(repository.history, commit),
    merge: await cardMerge(repository.history, commit),
    gates: await cardGates(repository.history, commit, sources),
  };
}

interface OwnCard {
  readonly text: string | undefined;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** The repository's own README, its front matter apart. Errors: `CARD_INVALID`. */
async function ownCard(repository: Repository, tree: readonly TreeFile[]): Promise<OwnCard> {
  const file = tree.find(entry => entry.path === CARD_PATH);
  if (!file) return { text: undefined, metadata: {} };
  const text = new TextDecoder().decode(await repository.history.readBlob(file.id));
  const match = /^---\r?\n([\s\S]*?)\r?\n---\r?\n/.exec(text);
  if (!match) return { text, metadata: {} };
  return { text: text.slice(match[0].length), metadata: frontMatter(match[1] as string) };
}

function frontMatter(yaml: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = parse(yaml);
    if (value !== null && typeof value === 'object' && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch (error) {
    throw new MgitError('CARD_INVALID', `the front matter of ${CARD_PATH} is not YAML: ${String(error)}`, {
      hint: `mend ${CARD_PATH} and commit it`,
      cause: error,
    });
  }
  throw new MgitError('CARD_INVALID', `the front matter of ${CARD_PATH} is not a mapping`, {
    hint: `mend ${CARD_PATH} and commit it`,
  });
}

/** A hub's repository has a name of its own; what goes to a directory is called after the repository it comes from. */
function nameOf({ history }: Repository, target: string): string {
  const path = target.includes('://')
    ? target
    : (history.workTree ?? history.gitDirectory.replace(/\.git$/, ''));
  return (
    path
      .replace(/[\\/]+$/, '')
      .split(/[\\/]/)
      .at(-1) || 'model'
  );
}

function listOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.filter(item => typeof item === 'string');
  return typeof value === 'string' ? [value] : [];
}
