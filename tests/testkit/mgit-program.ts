import { main } from '../../src/cli/main.ts';

/** The program as hooks and filters start it, from its sources. */
await main();
