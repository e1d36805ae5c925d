import type { TakingMethod } from '../method.ts';

/** Keeps what the branch that is merged into has, wherever both sides changed a tensor. */
export const ours: TakingMethod = {
  name: 'ours',
  kind: 'take',
  side: 'ours',
  summary: 'the tensor of the branch that is merged into',
  whenToUse: 'tensors where our version shall stand whatever the other side did',
  source: 'git merge -X ours',
};
