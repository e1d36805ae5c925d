/** The time. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Minutes east of UTC of the local time zone at `milliseconds`. */
  timezoneOffsetMinutes(milliseconds: number): number;
  /** Resolves after the given time; rejects when the signal aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}
