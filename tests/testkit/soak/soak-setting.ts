/** A number from the environment that says how long a soak test goes on; `standard` when it is not set. */
export function soakSetting(name: string, standard: number): number {
  const text = process.env[name];
  if (text === undefined || text === '') return standard;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0)
    throw new Error(`${name} is ${JSON.stringify(text)}, not a number`);
  return value;
}
