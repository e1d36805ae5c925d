import type { TakingMethod } from '../method.ts';

/** Keeps what the branch that is merged has, wherever both sides changed a tensor. */
export const theirs: TakingMethod = {
  name: 'theirs',
  kind: 'take',
  side: 'theirs',
  summary: 'the tensor of the branch that is merged',
  whenToUse: 'tensors where their version shall stand whatever our side did',
  source: 'git merge -X theirs',
};
