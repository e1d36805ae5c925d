import type { CommandSpec } from '../command.ts';

/** A command's name and summary, and how to load the rest of it. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<CommandSpec>;
  /** For programs: left out of `mgit --help`. */
  readonly hidden?: true;
}

/** All commands, in the order of `mgit --help`. Loaded on use, so that one command does not pay for all. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'init',
    summary: 'make a repository',
    load: async () => (await import('./init.ts')).command,
  },
  {
    name: 'track',
    summary: 'declare which files are models',
    load: async () => (await import('./track.ts')).command,
  },
  {
    name: 'untrack',
    summary: 'take globs of models out of .gitattributes',
    load: async () => (await import('./untrack.ts')).command,
  },
  {
    name: 'add',
    summary: 'stage files; tensors of models go to the store',
    load: async () => (await import('./add.ts')).command,
  },
  {
    name: 'rm',
    summary: 'remove files from the work tree and the index',
    load: async () => (await import('./rm.ts')).command,
  },
  {
    name: 'mv',
    summary: 'move or rename files',
    load: async () => (await import('./mv.ts')).command,
  },
  {
    name: 'status',
    summary: 'what is staged, changed, untracked or in conflict',
    load: async () => (await import('./status.ts')).command,
  },
  {
    name: 'commit',
    summary: 'record what is staged',
    load: async () => (await import('./commit.ts')).command,
  },
  {
    name: 'log',
    summary: 'the history of commits',
    load: async () => (await import('./log.ts')).command,
  },
  {
    name: 'show',
    summary: 'a commit and what it changed, or what is at a path of it',
    load: async () => (await import('./show.ts')).command,
  },
  {
    name: 'blame',
    summary: 'the commit that last changed each tensor of a model',
    load: async () => (await import('./blame.ts')).command,
  },
  {
    name: 'cat',
    summary: 'write a file or a tensor of any revision, straight from the packs',
    load: async () => (await import('./cat.ts')).command,
  },
  {
    name: 'export',
    summary: 'write a model of a commit as a file of another format',
    load: async () => (await import('./export.ts')).command,
  },
  {
    name: 'import',
    summary: 'take a model file in, in another format, and stage it',
    load: async () => (await import('./import.ts')).command,
  },
  {
    name: 'diff',
    summary: 'show how far each tensor moved, and the lines that changed in other files',
    load: async () => (await import('./diff.ts')).command,
  },
  {
    name: 'reflog',
    summary: 'where HEAD or a branch has been',
    load: async () => (await import('./reflog.ts')).command,
  },
  {
    name: 'undo',
    summary: 'reverse the last mgit command that moved a branch, a tag or HEAD',
    load: async () => (await import('./undo.ts')).command,
  },
  {
    name: 'branch',
    summary: 'list, make, rename or delete branches',
    load: async () => (await import('./branch.ts')).command,
  },
  {
    name: 'switch',
    summary: 'go to a branch',
    load: async () => (await import('./switch.ts')).command,
  },
  {
    name: 'checkout',
    summary: 'go to a branch or commit, or restore files (see switch and restore)',
    load: async () => (await import('./checkout.ts')).command,
  },
  {
    name: 'restore',
    summary: 'restore files of the work tree or the index',
    load: async () => (await import('./restore.ts')).command,
  },
  {
    name: 'tag',
    summary: 'list, make or delete tags',
    load: async () => (await import('./tag.ts')).command,
  },
  {
    name: 'reset',
    summary: 'move the current branch, or unstage files',
    load: async () => (await import('./reset.ts')).command,
  },
  {
    name: 'bisect',
    summary: 'find the commit that made something bad, by halving',
    load: async () => (await import('./bisect.ts')).command,
  },
  {
    name: 'stash',
    summary: 'put changes of models and files away, and bring them back',
    load: async () => (await import('./stash.ts')).command,
  },
  {
    name: 'merge',
    summary: 'merge branches tensor by tensor; on a protected branch only what passes its gates lands',
    load: async () => (await import('./merge.ts')).command,
  },
  {
    name: 'cherry-pick',
    summary: 'add the change of other commits to the current branch',
    load: async () => (await import('./cherry-pick.ts')).command,
  },
  {
    name: 'revert',
    summary: 'take the change of earlier commits away again, in a new commit',
    load: async () => (await import('./revert.ts')).command,
  },
  {
    name: 'rebase',
    summary: 'replay the commits of a branch on another one',
    load: async () => (await import('./rebase.ts')).command,
  },
  {
    name: 'patch',
    summary: 'carry commits and the tensors they changed in one file, by mail or otherwise',
    load: async () => (await import('./patch.ts')).command,
  },
  {
    name: 'merge-search',
    summary: "search the parameters of a merge on a gate's development data, then merge with the best",
    load: async () => (await import('./merge-search.ts')).command,
  },
  {
    name: 'adapter',
    summary: 'merge LoRA adapters with each other, or make one of what a fine-tuning changed',
    load: async () => (await import('./adapter.ts')).command,
  },
  {
    name: 'align',
    summary: "put the units of a model's layers into the order in which its weights are most like another's",
    load: async () => (await import('./align.ts')).command,
  },
  {
    name: 'transplant',
    summary: 'give a model the tokenizer of another, new tokens getting embeddings by regression',
    load: async () => (await import('./transplant.ts')).command,
  },
  {
    name: 'average',
    summary: 'average the models over several commits and commit the result',
    load: async () => (await import('./average.ts')).command,
  },
  {
    name: 'train',
    summary: 'train the model by a recipe and commit the result with its run record',
    load: async () => (await import('./train.ts')).command,
  },
  {
    name: 'rerun',
    summary: 'repeat the training run of a commit and compare the results',
    load: async () => (await import('./rerun.ts')).command,
  },
  {
    name: 'eval',
    summary: 'evaluate revisions side by side, with intervals',
    load: async () => (await import('./eval.ts')).command,
  },
  {
    name: 'gate',
    summary: 'decide by measurement what may become the tip of a protected branch',
    load: async () => (await import('./gate.ts')).command,
  },
  {
    name: 'key',
    summary: 'make, list and trust the keys that sign gate reports',
    load: async () => (await import('./key.ts')).command,
  },
  {
    name: 'data',
    summary: 'work with data that gates and recipes read',
    load: async () => (await import('./data.ts')).command,
  },
  {
    name: 'config',
    summary: "read and write personal settings, in Git's own files",
    load: async () => (await import('./config.ts')).command,
  },
  {
    name: 'install',
    summary: 'let plain git work on models: filter, diff and merge drivers',
    load: async () => (await import('./install.ts')).command,
  },
  {
    name: 'clone',
    summary: 'make a repository of a remote one',
    load: async () => (await import('./clone.ts')).command,
  },
  {
    name: 'remote',
    summary: 'list, add, change or remove remotes',
    load: async () => (await import('./remote.ts')).command,
  },
  {
    name: 'fetch',
    summary: 'bring commits, packs and reports of a remote',
    load: async () => (await import('./fetch.ts')).command,
  },
  {
    name: 'pull',
    summary: 'fetch, and move the current branch forward or merge',
    load: async () => (await import('./pull.ts')).command,
  },
  {
    name: 'push',
    summary: 'send commits, packs and reports to a remote',
    load: async () => (await import('./push.ts')).command,
  },
  {
    name: 'publish',
    summary: 'publish a revision with config, licence and a model card',
    load: async () => (await import('./publish.ts')).command,
  },
  {
    name: 'gc',
    summary: 'remove tensors that no ref, reflog, index or candidate reaches',
    load: async () => (await import('./gc.ts')).command,
  },
  {
    name: 'purge',
    summary: 'take tensors down for good, here and on remotes that lie on a path',
    load: async () => (await import('./purge.ts')).command,
  },
  {
    name: 'scan',
    summary: 'say what a checkpoint file is, and what it would run when Python loads it',
    load: async () => (await import('./scan.ts')).command,
  },
  {
    name: 'fsck',
    summary: 'check that every tensor, manifest and commit is whole, and mend what can be mended',
    load: async () => (await import('./fsck.ts')).command,
  },
  {
    name: 'repack',
    summary: 'code tensors against better bases and put small packs together; no commit changes',
    load: async () => (await import('./repack.ts')).command,
  },
  {
    name: 'verify',
    summary: 'read every tensor of a commit, recompute what is computed, and compare digests',
    load: async () => (await import('./verify.ts')).command,
  },
  {
    name: 'du',
    summary: 'where the bytes of the store are: by kind of record, branch and tensor',
    load: async () => (await import('./du.ts')).command,
  },
  {
    name: 'doctor',
    summary: 'print what is available here, and how plain git stands to the models of a repository',
    load: async () => (await import('./doctor.ts')).command,
  },
  {
    name: 'filter-process',
    summary: "serve Git's filter protocol (Git starts this)",
    hidden: true,
    load: async () => (await import('./filter-process.ts')).command,
  },
  {
    name: 'merge-driver',
    summary: 'merge one model for plain git (Git starts this)',
    hidden: true,
    load: async () => (await import('./merge-driver.ts')).command,
  },
];
