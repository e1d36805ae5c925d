import type { ObjectId } from '../../base/ids.ts';
import type { History, TreeFile } from '../history/history.ts';
import { type AttributeSource, type Attributes, attributesFrom } from './attributes.ts';
import { readText, type WorkTree } from './work-tree.ts';

const FILE_NAME = '.gitattributes';

/** Finds the blob at a path of a tree or of the index. */
export type FindBlob = (path: string) => ObjectId | undefined;

/**
 * Attributes for what comes from the work tree: its `.gitattributes` files, and where one is missing the one in the index, as Git
 * does on the way in.
 */
export function workTreeAttributes(workTree: WorkTree, index: FindBlob): Attributes {
  return attributesFrom({
    ...common(workTree),
    read: async directory =>
      (await readText(workTree.ports, `${workTree.root}/${directory}${FILE_NAME}`)) ??
      (await blobText(workTree.history, index(`${directory}${FILE_NAME}`))),
  });
}

/** Attributes for what goes to the work tree: the `.gitattributes` files of the tree that is written. */
export function treeAttributes(workTree: WorkTree, files: readonly TreeFile[]): Attributes {
  return attributesFrom({ ...common(workTree), read: filesReader(workTree.history, files) });
}

/** What a tree itself declares, whatever the user's and the repository's own settings are. */
export function declaredAttributes(history: History, files: readonly TreeFile[]): Attributes {
  return attributesFrom({
    below: [],
    info: undefined,
    ignoreCase: false,
    read: filesReader(history, files),
  });
}

function filesReader(history: History, files: readonly TreeFile[]): AttributeSource['read'] {
  const found = new Map(
    files.filter(file => file.path.endsWith(FILE_NAME)).map(file => [file.path, file.id] as const),
  );
  return directory => blobText(history, found.get(`${directory}${FILE_NAME}`));
}

function common(workTree: WorkTree): Omit<AttributeSource, 'read'> {
  const { attributes, ignoreCase } = workTree.settings;
  return {
    below: attributes.user === undefined ? [] : [attributes.user],
    info: attributes.info,
    ignoreCase,
  };
}

async function blobText(history: History, id: ObjectId | undefined): Promise<string | undefined> {
  return id === undefined ? undefined : Buffer.from(await history.readBlob(id)).toString('utf8');
}
