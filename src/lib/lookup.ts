/**
 * The entry of a table for a key that came from outside. A plain index would also find `constructor`, `__proto__` and
 * the rest that every object inherits.
 */
export function lookUp<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined
}
