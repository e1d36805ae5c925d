import { historyContract } from './contract.ts';

historyContract('system');
historyContract('embedded');
