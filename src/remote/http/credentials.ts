/** Who we are to a server. Implementations remember what worked for the length of one command. */
export interface HttpCredentials {
  /** Headers to send without being asked. */
  known(url: string): Promise<Readonly<Record<string, string>>>;
  /** Headers to send after a 401; undefined when there is nobody and nothing to ask. */
  ask(url: string): Promise<Readonly<Record<string, string>> | undefined>;
  /** Says whether the server took what `ask` answered. */
  judge(url: string, accepted: boolean): Promise<void>;
}

/** The value of an `Authorization` header. Source: RFC 7617. */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}
