/** What a transfer wants to do; servers that give temporary credentials give them for one of both. */
export type LfsOperation = 'upload' | 'download';

/** Where an LFS server is, and headers that go with every request to it. `url` has no trailing slash. */
export interface LfsEndpoint {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Finds the endpoint; may have to ask the host over ssh. */
export type FindEndpoint = (operation: LfsOperation) => Promise<LfsEndpoint>;
