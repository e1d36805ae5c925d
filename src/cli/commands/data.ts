import { resolve } from 'node:path';
import { diskDigest } from '../../ops/gate/data.ts';
import { loadImages } from '../../train/data/load-images.ts';
import { type CommandSpec, textArgument, textOption } from '../command.ts';
import { jsonValue } from '../json.ts';

const digest: CommandSpec = {
  name: 'digest',
  summary: 'print the digest that pins data in mgit.yaml',
  description:
    'With --split: of the images of one split, for eval.digest and finetune.digest. Without: of a file, or of a folder as ' +
    'sha256sum lists it, for what commands read.',
  arguments: [{ name: '<path>', description: 'a file or folder' }],
  options: [
    { flags: '--split <name>', description: 'only this part of a data set', choices: ['train', 'test'] },
  ],
  example: 'mgit data digest ../mnist --split test',
  run: async (context, input) => {
    const path = resolve(context.cwd, textArgument(input, 0) ?? '.');
    const { fs } = context.ports;
    const split = textOption(input, 'split');
    const value =
      split === 'train' || split === 'test'
        ? (await loadImages(fs, { path, split })).digest
        : `sha256:${await diskDigest(fs, path)}`;
    return { json: jsonValue({ path, split: split ?? null, digest: value }), human: value };
  },
};

export const command: CommandSpec = {
  name: 'data',
  summary: 'work with data that gates and recipes read',
  example: 'mgit data digest ../mnist --split test',
  subcommands: [digest],
};
