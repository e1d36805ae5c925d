import { MgitError } from '../../base/errors.ts';

export function notARepository(directory: string): MgitError {
  return new MgitError('NOT_A_REPOSITORY', `neither ${directory} nor a directory above it is a repository`, {
    hint: 'run `mgit init` to make one here',
  });
}
