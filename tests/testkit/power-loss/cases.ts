import { NEW_REPOSITORY_CASES } from './new-repository.ts';
import { type PowerLossCase, recordScenario } from './record.ts';
import { POWER_LOSS_SCENARIOS } from './scenarios.ts';
import { TRANSFER_CASES } from './transfers.ts';
import { WRITING_CASES } from './writing.ts';

/** All that mgit does durably. */
export const POWER_LOSS_CASES: readonly PowerLossCase[] = [
  ...POWER_LOSS_SCENARIOS.map(
    (scenario): PowerLossCase => ({
      name: scenario.name,
      record: (directory, fresh) => recordScenario(fresh, scenario, directory),
    }),
  ),
  ...NEW_REPOSITORY_CASES,
  ...TRANSFER_CASES,
  ...WRITING_CASES,
];
